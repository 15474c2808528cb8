from django.contrib import admin
from django.urls import path

from app.publishing.link_choices import choices

urlpatterns = [path("link-choices/", admin.site.admin_view(choices), name="link-choices")]
