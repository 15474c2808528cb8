from django.urls import path, re_path

from app.posts import views

app_name = "posts"
urlpatterns = [
    path("", views.all_posts, name="list"),
    path("feed/", views.feed, name="feed"),
    path("feed/rss/", views.feed, {"is_rss": True}, name="rss"),
    path("category/<str:slug>/", views.with_label, {"kind": "category"}, name="category"),
    path("category/<str:slug>/feed/", views.feed, name="category-feed"),
    path("category/<str:slug>/feed/rss/", views.feed, {"is_rss": True}, name="category-rss"),
    path("tag/<str:slug>/", views.with_label, {"kind": "tag"}, name="tag"),
    path("author/<str:slug>/", views.with_label, {"kind": "author"}, name="author"),
    # One spelling of each month: every address is stored by the page cache.
    re_path(r"^(?P<year>(?:19|20)[0-9]{2})/(?P<month>0[1-9]|1[0-2])/$", views.of_a_month, name="month"),
    path("<str:slug>/", views.show, name="post"),
]
