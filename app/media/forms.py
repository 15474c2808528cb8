from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from app.media.content import BY_EXTENSION
from app.media.models import Folder, MediaFile
from app.media.usage import uses_of

MOST_FILES = 10


_PROMISED = {
    MediaFile.Kind.PICTURE: _("“%(name)s” is not a picture: it was stored as a %(kind)s (%(type)s)."),
    MediaFile.Kind.DOCUMENT: _("“%(name)s” is not a document: it was stored as a %(kind)s (%(type)s)."),
}


def note_on_kind(name: str, file: MediaFile) -> str:
    """What to say about an upload whose name promises a picture or a document that it is not; empty for others."""
    extension = PurePath(name).suffix[1:].lower()
    promised = BY_EXTENSION.get("jpg" if extension == "jpeg" else extension)
    if promised is None or promised.kind == file.kind or promised.kind not in _PROMISED:
        return ""
    stored = PurePath(str(file.file.name)).suffix[1:].upper()
    text: str = _PROMISED[MediaFile.Kind(promised.kind)] % {
        "name": name,
        "kind": file.get_kind_display().lower(),
        "type": stored,
    }
    return text


class SeveralFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class SeveralFilesField(forms.FileField):
    """A list of files. What is in them is checked when each of them is saved."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:  # noqa: ARG002  # Django's signature
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            raise ValidationError(self.error_messages["required"], code="required")
        if len(files) > MOST_FILES:
            raise ValidationError(_("Upload at most %(most)s files together."), params={"most": MOST_FILES})
        return [self._named(file) for file in files]

    def _named(self, file: Any) -> Any:
        # Django's own check refuses an empty file and a long name; the first is refused with a better message later.
        if len(file.name) > 200:
            raise ValidationError(_("The name of a file is longer than 200 characters."))
        return file


class UploadForm(forms.Form):
    uploads = SeveralFilesField(label=_("Files"), widget=SeveralFilesInput(attrs={"class": "media-files"}))
    folder: forms.ModelChoiceField[Folder] = forms.ModelChoiceField(
        label=_("Folder"), queryset=Folder.objects.all(), required=False
    )
    is_private = forms.BooleanField(
        label=_("Private"), required=False, help_text=_("Only signed-in members who may see the library get the files.")
    )


class MediaFileForm(forms.ModelForm[MediaFile]):
    class Meta:
        model = MediaFile
        fields = ("title", "alt", "is_decorative", "folder", "focal_x", "focal_y", "is_private")

    def clean(self) -> dict[str, Any] | None:
        values = super().clean()
        data = self.cleaned_data
        needs_alt = self.instance.is_picture and "alt" in self.fields
        if needs_alt and not data.get("alt") and not data.get("is_decorative"):
            self.add_error("alt", _("Say what the picture shows, or mark it as decorative."))
        if data.get("is_private") and not self.initial.get("is_private") and (used := uses_of(self.instance)):
            self.add_error(
                "is_private",
                ValidationError(
                    _("Visitors see this file on: %(rows)s. Remove it there first."),
                    params={"rows": ", ".join(str(row) for row in used)},
                ),
            )
        return values


class DescriptionForm(forms.ModelForm[MediaFile]):
    """A row of the list: what a picture shows. What is left empty stays in the list."""

    class Meta:
        model = MediaFile
        fields = ("alt", "is_decorative")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        for field in self.fields.values():
            # The cells of a list have no labels.
            field.widget.attrs["aria-label"] = f"{capfirst(field.label)}: {self.instance}"
