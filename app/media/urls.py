from django.urls import re_path

from app.media.names import KEY, NAME
from app.media.views import private, public

urlpatterns = [
    re_path(rf"^(?P<key>{KEY})/(?P<name>{NAME})$", public, name="media-file"),
    re_path(rf"^private/(?P<key>{KEY})/(?P<name>{NAME})$", private, name="private-media-file"),
]
