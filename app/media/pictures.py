"""Pictures are decoded and encoded again: what is stored holds pixels and nothing else of what was uploaded."""

from __future__ import annotations

import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageCms, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from app.media.names import PictureName
from app.media.structure import frames_of_gif, scans_of_jpeg

#: No side of a stored picture is longer.
LONGEST_SIDE = 2400
#: A JPEG is decoded in a smaller size; others need 4 bytes of memory for each pixel, and again for each step.
MOST_PIXELS = {"JPEG": 60_000_000}
MOST_PIXELS_OF_OTHERS = 16_000_000
#: Of a JPEG: each is decoded over the whole picture. Programs write about ten.
MOST_SCANS = 100
MOST_FRAMES = 300
MOST_PIXELS_OF_ALL_FRAMES = 30_000_000
THUMBNAIL = (240, 240)
SOCIAL = (1200, 630)
SAVED: dict[str, dict[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 82, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
    "webp": {"format": "WEBP", "quality": 80, "method": 4},
}
_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "GIF": "png", "WEBP": "webp"}
_SRGB = ImageCms.createProfile("sRGB")
#: SECURITY: pictures are decoded one after the other, so a process needs the memory for one.
_one_at_a_time = threading.Lock()
#: How long an upload waits for the others of its process.
LONGEST_WAIT_SECONDS = 20

Focus = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What is stored of a picture: the names and the bytes of its renditions. The first one is the full size."""

    name: PictureName
    files: dict[str, bytes]


def crop_names(focus: Focus) -> tuple[str, str]:
    """The names of the square thumbnail and of the picture for link previews, which follow the focal point."""
    x, y = focus
    return f"thumbnail-{x}-{y}.webp", f"social-{x}-{y}.jpg"


def render(file: Any, key: str, slug: str, focus: Focus) -> Pictures:
    """All renditions of an uploaded picture. Raises `ValidationError`, also when other pictures take too long."""
    with _turn(), _errors():
        image = _opened(file)
        frames = _frames(image)
        if frames > 1:
            return _animated(image, frames, key, slug, focus)
        still = _still(image)
        name = PictureName(key, slug, *still.size, _EXTENSIONS[str(image.format)])
        if name.extension == "jpg" or _is_opaque(still):
            still = still.convert("RGB")
        files = {}
        for extension in dict.fromkeys((name.extension, "webp")):
            for size in reversed(name.sizes):
                resized = still if size == still.size else still.resize(size, Image.Resampling.LANCZOS)
                files[name.file_name(size, extension)] = _encoded(resized, extension)
        return Pictures(name, files | _crops(still, focus))


def render_crops(file: Any, focus: Focus) -> dict[str, bytes]:
    """The crops of a stored picture around another focal point. Raises `ValidationError`, as `render` does."""
    with _turn(), _errors():
        return _crops(_still(_opened(file)), focus)


@contextmanager
def _turn() -> Iterator[None]:
    """Waits for the pictures before this one. One that takes minutes must not hold every thread that has another."""
    if not _one_at_a_time.acquire(timeout=LONGEST_WAIT_SECONDS):
        message = _("Other pictures are being prepared. Nothing of this one was saved. Try again in a minute.")
        raise ValidationError(message, code="busy")
    try:
        yield
    finally:
        _one_at_a_time.release()


class _errors:
    """Whatever Pillow raises for a broken picture is a message for the one who uploads it."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: Any, error: BaseException | None, _traceback: Any) -> None:
        if isinstance(error, Image.DecompressionBombError):
            raise ValidationError(_("This picture has too many pixels."), code="pixels") from None
        if isinstance(error, OSError | SyntaxError | ValueError | EOFError | IndexError | struct.error | zlib.error):
            message = _("This picture is damaged, or only a part of it has arrived. Save it again and upload that.")
            raise ValidationError(message, code="damaged") from None


def _opened(file: Any) -> Image.Image:
    file.seek(0)
    if file.read(3) == b"GIF":
        _refuse_large_frames(file)
    file.seek(0)
    image: Any = Image.open(file, formats=tuple(_EXTENSIONS))
    if image.format == "MPO":
        # A photo with others behind it, of any size: what is shown everywhere is the first one, a JPEG.
        file.seek(0)
        image = JpegImageFile(file)
    _refuse_size(image.size, image.format)
    if image.format == "JPEG":
        _refuse_many_scans(file)
    return cast("Image.Image", image)


def _refuse_size(size: tuple[int, int], kind: str) -> None:
    width, height = size
    most = MOST_PIXELS.get(kind, MOST_PIXELS_OF_OTHERS)
    # SECURITY: before anything is decoded: some bytes can be a picture of gigabytes.
    if width * height > most:
        raise ValidationError(
            _("This picture has %(found)s megapixels. A %(format)s picture may have %(most)s."),
            params={"found": width * height // 10**6, "format": kind, "most": most // 10**6},
            code="pixels",
        )
    if max(width, height) > 30_000:
        raise ValidationError(_("No side of a picture may be longer than 30,000 pixels."), code="pixels")


def _refuse_large_frames(file: Any) -> None:
    # SECURITY: Pillow enlarges a GIF by a later frame, after its size was checked, and allocates for it on the way.
    file.seek(0)
    frames = islice(frames_of_gif(file.read()), MOST_FRAMES + 1)
    width, height = next(frames, (0, 0))
    _refuse_size((width, height), "GIF")
    if any(right > width or lower > height for right, lower in frames):
        raise _a_larger_frame()


def _a_larger_frame() -> ValidationError:
    message = _("A frame of this animation is larger than its first one. Save it with frames of one size.")
    return ValidationError(message, code="frames")


def _refuse_many_scans(file: Any) -> None:
    # SECURITY: a scan of a few bytes takes as long as one with the whole picture.
    place = file.tell()
    file.seek(0)
    if sum(1 for _place in islice(scans_of_jpeg(file.read()), MOST_SCANS + 1)) > MOST_SCANS:
        raise ValidationError(
            _("This JPEG is made of more than %(most)s scans. Save it again, not as a progressive JPEG."),
            params={"most": MOST_SCANS},
            code="scans",
        )
    file.seek(place)


def _frames(image: Any) -> int:
    """How many frames it has. They are counted one by one: the number in a file may be a lie."""
    if not getattr(image, "is_animated", False):
        return 1
    size, pixels = image.size, image.width * image.height
    for number in range(MOST_FRAMES + 1):
        # SECURITY: a frame that is all one colour needs a few bytes of the file.
        if number == MOST_FRAMES or (number + 1) * pixels > MOST_PIXELS_OF_ALL_FRAMES:
            raise ValidationError(_("This animation is too long. Upload it as a video."), code="frames")
        try:
            image.seek(number)
        except EOFError:
            image.seek(0)
            return number
        if image.size != size:
            raise _a_larger_frame()
    raise AssertionError


def _still(image: Any) -> Image.Image:
    """The first frame: upright, in sRGB, not larger than is stored, and without anything that the file said else."""
    profile = image.info.get("icc_profile")
    if image.format == "JPEG":
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    still = _in_srgb(upright, profile)
    still.info = {}
    return still


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    has_alpha = image.mode in {"LA", "PA", "RGBA", "RGBa"} or "transparency" in image.info
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value / 256).convert("L")
    wanted = "RGBA" if has_alpha else "RGB"
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        # A profile that is not for such a picture has no effect, as if there were none.
        with suppress(ImageCms.PyCMSError, OSError, ValueError):
            source: Any = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted: Any = ImageCms.profileToProfile(image, source, _SRGB, outputMode=wanted)
            return cast("Image.Image", converted)
    return image.convert(wanted)


def _is_opaque(image: Image.Image) -> bool:
    return image.mode != "RGBA" or image.getchannel("A").getextrema() == (255, 255)


def _encoded(image: Image.Image, extension: str) -> bytes:
    written = BytesIO()
    if extension == "jpg":
        image = _on_white(image)
    image.save(written, **SAVED[extension])
    return written.getvalue()


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _crops(still: Image.Image, focus: Focus) -> dict[str, bytes]:
    centre = (focus[0] / 100, focus[1] / 100)
    files = {}
    for name, (width, height) in zip(crop_names(focus), (THUMBNAIL, SOCIAL), strict=True):
        scale = min(1, still.width / width, still.height / height)  # no crop is larger than the picture
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        fitted = ImageOps.fit(still, size, Image.Resampling.LANCZOS, centering=centre)
        files[name] = _encoded(fitted, name.rpartition(".")[2])
    return files


def _animated(image: Any, frames: int, key: str, slug: str, focus: Focus) -> Pictures:
    """The animation as one WebP file, and crops of its first frame."""
    size = image.size
    if max(size) > LONGEST_SIDE:
        raise ValidationError(_("An animation may be at most 2400 pixels wide and high."), code="pixels")
    loop = image.info.get("loop")
    durations, pictures = [], []
    for number in range(frames):
        image.seek(number)
        durations.append(int(image.info.get("duration") or 100))
        frame = image.convert("RGBA")
        frame.info = {}
        pictures.append(frame)
    written = BytesIO()
    pictures[0].save(
        written,
        format="WEBP",
        save_all=True,
        append_images=pictures[1:],
        duration=durations,
        loop=int(loop) if isinstance(loop, int) else 1,
        quality=75,
        method=2,
    )
    name = PictureName(key, slug, size[0], size[1], "webp", is_animated=True)
    return Pictures(name, {name.file_name(): written.getvalue()} | _crops(pictures[0], focus))
