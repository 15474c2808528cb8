# A server that speaks S3, for the cluster tests. Its content is in memory.
FROM python:3.13-slim
RUN python -m pip install --quiet --no-cache-dir --break-system-packages "moto[server]==5.2.5"
USER 10001:0
EXPOSE 9000
CMD ["python", "-m", "moto.server", "--host", "0.0.0.0", "--port", "9000"]
