"""The admin's front: `site.SiteAdmin`, sign-in and the switcher. The models are registered in `app.tenancy.admin`."""
