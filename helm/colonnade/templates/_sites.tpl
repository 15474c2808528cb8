{{/* Sets .Values.siteList once per rendering: the declared sites, sorted, with `key`, `hosts` (domain first) and
     `object` (the name of their route objects). Include it, then use .Values.siteList. */}}
{{- define "colonnade.sites" -}}
{{- if not (hasKey .Values "siteList") -}}
{{- $root := . -}}
{{- $byKey := dict -}}
{{- if kindIs "map" .Values.sites -}}
{{- range $key, $site := .Values.sites -}}{{- $_ := set $byKey $key $site -}}{{- end -}}
{{- else -}}
{{- range .Values.sites -}}
{{- if hasKey $byKey .key -}}{{- fail (printf "sites: duplicate key %q. Every site needs its own key." .key) -}}{{- end -}}
{{- $_ := set $byKey .key (omit . "key") -}}
{{- end -}}
{{- end -}}
{{- $out := list -}}
{{- range $key := keys $byKey | sortAlpha -}}
{{- $site := get $byKey $key -}}
{{- if ne (toString (get $site "enabled")) "false" -}}
{{- $hosts := list $site.domain -}}
{{- range $site.aliases -}}{{- $hosts = append $hosts (ternary . (get (ternary dict . (kindIs "string" .)) "host") (kindIs "string" .)) -}}{{- end -}}
{{- $object := include "colonnade.shortName" (dict "root" $root "suffix" (printf "site-%s" $key)) -}}
{{- $out = append $out (merge (dict "key" $key "hosts" $hosts "object" $object) $site) -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "siteList" $out -}}
{{- end -}}
{{- end -}}

{{/* The file that sync_sites reads: only the fields of the database row, nothing about routes. */}}
{{- define "colonnade.sitesFile" -}}
{{- $rows := dict -}}
{{- include "colonnade.sites" . -}}
{{- range .Values.siteList -}}
{{- $_ := set $rows .key (pick . "domain" "name" "aliases" "theme" "state" "colour" "settings") -}}
{{- end -}}
{{- dict "sites" $rows | toYaml -}}
{{- end -}}

{{/* Empty when no site is declared: sync_sites does not accept a file without sites, so the rows do not change. */}}
{{- define "colonnade.sitesConfigMap" -}}
{{- include "colonnade.sites" . -}}
{{- if and .Values.siteSync.enabled (or .Values.sitesExistingConfigMap .Values.siteList) -}}
{{- default (include "colonnade.shortName" (dict "root" . "suffix" "sites")) .Values.sitesExistingConfigMap -}}
{{- end -}}
{{- end -}}

{{/* The Secret with the certificate of a site, or nothing: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteTlsSecret" -}}
{{- $tls := default dict .site.tls -}}
{{- $mode := .root.Values.tls.mode -}}
{{- if ne (toString (get $tls "enabled")) "false" -}}
{{- if has $mode (list "perSite" "existing" "wildcard") -}}
{{- if $tls.secretName -}}{{ $tls.secretName }}
{{- else if eq $mode "wildcard" -}}{{ .root.Values.tls.secretName }}
{{- else if eq $mode "perSite" -}}{{ include "colonnade.shortName" (dict "root" .root "suffix" (printf "site-%s-tls" .site.key)) }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether cert-manager creates the certificate of this site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteIsIssued" -}}
{{- $tls := default dict .site.tls -}}
{{- if and (eq .root.Values.tls.mode "perSite") (ne (toString (get $tls "enabled")) "false") (not $tls.secretName) -}}true{{- end -}}
{{- end -}}

{{/* The domain of the site that the first migration creates. */}}
{{- define "colonnade.siteDomain" -}}
{{- $default := "" -}}
{{- include "colonnade.sites" . -}}
{{- range .Values.siteList -}}{{- if .default -}}{{- $default = .domain -}}{{- end -}}{{- end -}}
{{- coalesce .Values.django.siteDomain $default "localhost" -}}
{{- end -}}
