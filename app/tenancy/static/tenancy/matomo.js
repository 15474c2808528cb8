// Matomo's own snippet is an inline script, which the policy of the pages does not allow. Without cookies.
(() => {
  const { host, site } = document.currentScript.dataset;
  const commands = (window._paq = window._paq || []);
  commands.push(["disableCookies"], ["setTrackerUrl", `${host}/matomo.php`], ["setSiteId", site]);
  commands.push(["trackPageView"], ["enableLinkTracking"]);
  const script = document.createElement("script");
  script.async = true;
  script.src = `${host}/matomo.js`;
  document.head.append(script);
})();
