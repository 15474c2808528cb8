"""The media library of a site: pictures, documents, audio and video."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models.fields.files import FieldFile
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from app.media import names, pictures
from app.media.checking import MEGABYTE, Prepared, prepared
from app.media.content import BY_EXTENSION
from app.media.files import Written, names_in, remove_folder, storage_errors
from app.tenancy.isolation.content_version import lock_site
from app.tenancy.isolation.cross_site import CrossSiteReference
from app.tenancy.models import SiteRelated

#: In bytes, of all that is stored for some files. A row of the last release has it in `size`, and 0 in the other field.
STORED = models.Sum(Greatest("stored_size", "size"), default=0)


class StoredFile(FieldFile):
    @property
    def url(self) -> str:
        return names.address_of(str(self.name))


class StoredFileField(models.FileField):
    """A file that `MediaFile.save()` stores."""

    attr_class = StoredFile

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.FileField", args, kwargs

    def pre_save(self, model_instance: Any, add: bool) -> Any:  # noqa: ARG002  # Django's would store the file again
        return getattr(model_instance, self.attname)


class Folder(SiteRelated):
    """Sorts the library; visitors never see it."""

    name = models.CharField(_("name"), max_length=80)

    is_content = False

    class Meta:
        verbose_name = _("folder")
        verbose_name_plural = _("folders")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"],
                name="one_folder_per_site_and_name",
                violation_error_message=_("There is a folder with this name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class MediaFile(SiteRelated):
    """A file of a site. What was uploaded never changes afterwards; a picture also has its renditions.

    `save()` raises `ValidationError` for a file that may not be uploaded, and when it cannot be stored.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("Picture")
        DOCUMENT = "document", _("Document")
        AUDIO = "audio", _("Audio")
        VIDEO = "video", _("Video")

    file = StoredFileField(_("file"), max_length=200)
    title = models.CharField(_("title"), max_length=200, blank=True, help_text=_("Empty: the name of the file."))
    alt = models.CharField(
        _("alternative text"),
        max_length=300,
        blank=True,
        help_text=_("What the picture shows, for people who do not see it."),
    )
    is_decorative = models.BooleanField(
        _("decorative"), default=False, help_text=_("The picture says nothing that the text does not say.")
    )
    folder = models.ForeignKey(
        Folder, on_delete=models.SET_NULL, null=True, blank=True, related_name="files", verbose_name=_("folder")
    )
    focal_x = models.PositiveSmallIntegerField(
        _("focal point, % from the left"), default=50, validators=[MaxValueValidator(100)]
    )
    focal_y = models.PositiveSmallIntegerField(
        _("focal point, % from the top"), default=50, validators=[MaxValueValidator(100)]
    )
    is_private = models.BooleanField(
        _("private"), default=False, help_text=_("Only signed-in members who may see the library get this file.")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, editable=False)
    width = models.PositiveIntegerField(_("width"), null=True, editable=False)
    height = models.PositiveIntegerField(_("height"), null=True, editable=False)
    #: In bytes: of `file`, and of all that is stored for it. Pods of the last release add rows without the second one.
    size = models.PositiveBigIntegerField(_("size"), default=0, editable=False)
    stored_size = models.PositiveBigIntegerField(_("size with all copies"), default=0, db_default=0, editable=False)
    digest = models.CharField(_("SHA-256 of what was uploaded"), max_length=64, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True, editable=False)

    saved_one_by_one = frozenset({"focal_x", "focal_y", "is_private"})
    _upload: Prepared | None = None

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("media")
        ordering = ["-uploaded_at", "-pk"]
        indexes = [
            models.Index(fields=["site", "kind", "-uploaded_at"], name="media_newest"),
            models.Index(fields=["site", "digest"], name="media_digest"),
        ]

    def __str__(self) -> str:
        return self.title or PurePath(str(self.file.name)).name

    def get_absolute_url(self) -> str:
        return self.file.url

    @classmethod
    def upload(cls, file: Any, *, only: str = "", **values: Any) -> tuple[MediaFile, bool]:
        """The file in the library, and whether it is new: what has this content already is not stored again.

        `only` is the one kind that may be uploaded. Raises `ValidationError`.
        """
        row = cls(file=file, **values)
        found = row._checked_upload()
        if only and found.kind != only:
            raise ValidationError({"file": _("This is not a picture. It must be one of: jpg, png, gif, webp.")})
        there = cls.objects.filter(digest=found.digest, is_private=row.is_private).first()
        if there is not None:
            return there, False
        row.save()
        return row, True

    @property
    def key(self) -> str:
        return str(self.file.name).split("/")[3]

    @property
    def is_picture(self) -> bool:
        return self.kind == self.Kind.PICTURE

    @property
    def lacks_alt(self) -> bool:
        return self.is_picture and not self.alt and not self.is_decorative

    @property
    def thumbnail_url(self) -> str:
        """Of a picture; empty for other files."""
        return self._crop_url(0)

    @property
    def social_url(self) -> str:
        """Of a picture: 1200 × 630 pixels, or smaller, for link previews."""
        return self._crop_url(1)

    def clean(self) -> None:
        super().clean()
        if self._is_new_file:
            self._checked_upload()
        if self.is_decorative and self.alt:
            raise ValidationError({"is_decorative": _("A picture with an alternative text is not decorative.")})

    def derive(self) -> None:
        if self._is_new_file:
            written = self._store()
            transaction.on_commit(written.keep)

    def save(self, **kwargs: Any) -> None:
        self.assign_site()
        is_new_file = self._is_new_file
        written = self._store() if is_new_file else self._follow(kwargs.get("update_fields"))
        if not str(self.file.name).startswith(f"sites/{self.site_id}/"):
            raise CrossSiteReference(type(self), "file")
        if written is None:
            super().save(**kwargs)
            return
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "file"}
        try:
            with transaction.atomic(kwargs.get("using")):
                transaction.on_commit(written.keep)
                if is_new_file:
                    # Once more, now that no other upload of the site can be in between. The files are written before,
                    # because the other editors of the site wait for its lock.
                    lock_site()
                    refuse_above_quota(self.stored_size)
                super().save(**kwargs)
        except BaseException:
            written.discard()
            raise

    @property
    def _is_new_file(self) -> bool:
        return bool(self.file) and not vars(self.file)["_committed"]

    @property
    def _folder(self) -> str:
        return str(self.file.name).rpartition("/")[0]

    def _crop_url(self, number: int) -> str:
        if not self.is_picture:
            return ""
        return names.address_of(f"{self._folder}/{pictures.crop_names((self.focal_x, self.focal_y))[number]}")

    def _checked_upload(self) -> Prepared:
        if self._upload is None:
            try:
                self._upload = prepared(self.file.file, str(self.file.name), (self.focal_x, self.focal_y))
            except ValidationError as error:
                raise ValidationError({"file": error}) from None
        return self._upload

    def _store(self) -> Written:
        """Checks the new file and stores it. The site is known."""
        found, upload = self._checked_upload(), self.file
        folder = names.folder_of(self.site_id, found.key, is_private=self.is_private)
        self.title = self.title or PurePath(str(upload.name)).stem[:200]
        refuse_above_quota(sum(found.sizes))
        written = Written()
        try:
            written.write(folder, found.files)
        except ValidationError as error:
            written.discard()
            raise ValidationError({"file": error}) from None
        if found.kind != self.Kind.PICTURE:
            self.alt, self.is_decorative = "", False
        self.kind, self.digest, self.width, self.height = found.kind, found.digest, found.width, found.height
        self.size, self.stored_size = found.sizes[0], sum(found.sizes)
        stored = StoredFile(self, self._meta.get_field("file"), f"{folder}/{next(iter(found.files))}")  # type: ignore[arg-type]
        self.file, self._upload = stored, None
        return written

    def _follow(self, update_fields: Iterable[str] | None) -> Written | None:
        """Moves the files, or makes crops, when what is saved needs it."""
        stored = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if stored is None:
            return None
        if update_fields is not None:
            # An old instance must not move the files to where somebody else has taken them from.
            for name in {"file", *self.saved_one_by_one}.difference(update_fields):
                setattr(self, name, getattr(stored, name))
        folder = names.folder_of(self.site_id, stored.key, is_private=self.is_private)
        written = Written(replaces=stored._folder if folder != stored._folder else "")
        try:
            if written.replaces:
                written.copy(stored._folder, folder)
                self.file.name = f"{folder}/{PurePath(str(stored.file.name)).name}"
            focus = (self.focal_x, self.focal_y)
            if self.is_picture and focus != (stored.focal_x, stored.focal_y):
                with storage_errors(), stored.file.open() as file:
                    crops = pictures.render_crops(file, focus)
                    there = names_in(folder)  # a point that it had before
                written.write(folder, {name: data for name, data in crops.items() if name not in there})
        except ValidationError:
            written.discard()
            raise
        return written if written.names else None


def refuse_above_quota(size: int) -> None:
    """Raises `ValidationError` if the current site's files would be larger than the platform allows.

    `size`: in bytes, of all that is stored for a file, the smaller copies of a picture included.
    """
    most = settings.MEDIA_SITE_MAX_MB
    if not most:
        return
    if MediaFile.objects.aggregate(used=STORED)["used"] + size > most * MEGABYTE:
        text = _("The files of this site may be %(most)s MB together. Delete some, or ask for more space.")
        raise ValidationError({"file": ValidationError(text, params={"most": most}, code="quota")})


def remove_files_of(instance: MediaFile, **_: Any) -> None:
    """Receiver of `post_delete`: the files go when the deletion is committed."""
    transaction.on_commit(partial(remove_folder, instance._folder))


def content_type_of(name: str) -> tuple[str, bool]:
    """The type of a stored file by its extension, which its content gave it, and whether browsers open it."""
    known = BY_EXTENSION[name.rpartition(".")[2]]
    return known.content_type, known.opens_in_browser
