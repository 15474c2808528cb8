from django.urls import re_path

from app.pages.views import show

urlpatterns = [re_path(r"^(?P<path>.*)$", show, name="page")]
