# The release after an image, for the cluster tests: one more migration, which only adds, and a sentence on each page.
ARG RELEASE
FROM ${RELEASE}
USER 0
COPY next_release.py /tmp/
RUN python /tmp/next_release.py && rm /tmp/next_release.py
USER 10001:0
