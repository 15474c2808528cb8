// The slug follows the title of a new page until somebody types another one. As `slug_of()` in app/publishing/slugs.py.
{
  const LONGEST = 80;
  const { hasHome = "true" } = document.currentScript.dataset;
  const [title, slug, parent] = ["title", "slug", "parent"].map((name) => document.getElementById(`id_${name}`));

  const slugOf = (text) => {
    const kept = text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{M}\p{N}\s_-]/gu, "");
    return [...kept.replace(/[\s-]+/gu, "-")].slice(0, LONGEST).join("").replace(/^[-_]+|[-_]+$/g, "");
  };

  if (title && slug) {
    let follows = slug.value === slugOf(title.value);
    title.addEventListener("input", () => {
      // The first page of a site is its home page, which has no slug.
      if (follows && (hasHome === "true" || parent?.value)) slug.value = slugOf(title.value);
    });
    slug.addEventListener("input", () => {
      follows = slug.value !== "" && slug.value === slugOf(title.value);
    });
  }
}
