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
{{- $object := include "colonnade.siteObject" (dict "root" $root "key" $key) -}}
{{- $out = append $out (merge (dict "key" $key "hosts" $hosts "object" $object) $site) -}}
{{- end -}}
{{- end -}}
{{- $_ := set .Values "siteList" $out -}}
{{- end -}}
{{- end -}}

{{/* The name of an object of a site: (dict "root" $ "key" … "suffix" "-tls"). Names of up to 63 characters suit every
     tool; with a key of more than 40 characters there is no room for the release's name, so such a name is longer. */}}
{{- define "colonnade.siteObject" -}}
{{- $max := ternary 253 63 (gt (len .key) 40) -}}
{{- include "colonnade.shortName" (dict "root" .root "suffix" (printf "site-%s%s" .key (default "" .suffix)) "max" $max) -}}
{{- end -}}

{{/* The same for a site of the list, or for the placeholder of _routes.tpl: (dict "root" $ "site" … "suffix" "-tls") */}}
{{- define "colonnade.siteName" -}}
{{- if .site.placeholder -}}{{ printf "{object%s}" .suffix }}
{{- else -}}{{ include "colonnade.siteObject" (dict "root" .root "key" .site.key "suffix" .suffix) }}
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

{{/* The domain of the site that the first migration creates. */}}
{{- define "colonnade.siteDomain" -}}
{{- $default := "" -}}
{{- include "colonnade.sites" . -}}
{{- range .Values.siteList -}}{{- if .default -}}{{- $default = .domain -}}{{- end -}}{{- end -}}
{{- coalesce .Values.django.siteDomain $default "localhost" -}}
{{- end -}}
