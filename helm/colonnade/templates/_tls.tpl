{{/* Whether visitors reach a site over HTTPS: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteHasTls" -}}
{{- if and (ne .root.Values.tls.mode "none") (ne (toString (dig "tls" "enabled" true .site)) "false") -}}true{{- end -}}
{{- end -}}

{{/* The Secret with the certificate of a site, or nothing: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteTlsSecret" -}}
{{- $tls := default dict .site.tls -}}
{{- $mode := .root.Values.tls.mode -}}
{{- if and (include "colonnade.siteHasTls" .) (ne $mode "edge") -}}
{{- if $tls.secretName -}}{{ $tls.secretName }}
{{- else if eq $mode "wildcard" -}}{{ .root.Values.tls.secretName }}
{{- else if eq $mode "perSite" -}}{{ include "colonnade.siteObject" (dict "root" .root "key" .site.key "suffix" "-tls") }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether cert-manager creates the certificate of this site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteIsIssued" -}}
{{- if and (eq .root.Values.tls.mode "perSite") (include "colonnade.siteHasTls" .) (not (dig "tls" "secretName" "" .site)) -}}true{{- end -}}
{{- end -}}

{{/* `tls` of the Ingress for the hosts that belong to no site, a YAML list. */}}
{{- define "colonnade.ingressTls" -}}
{{- $i := .Values.ingress -}}
{{- if $i.tls -}}{{- toYaml $i.tls -}}
{{- else if eq .Values.tls.mode "wildcard" -}}
{{- $hosts := list -}}
{{- range $i.hosts -}}{{- $hosts = append $hosts .host -}}{{- end -}}
{{- $one := dict "secretName" .Values.tls.secretName -}}
{{- if not $i.catchAll -}}{{- $_ := set $one "hosts" $hosts -}}{{- end -}}
{{- toYaml (list $one) -}}
{{- else -}}[]{{- end -}}
{{- end -}}

{{/* Whether a host of `ingress.hosts` has TLS: (dict "root" $ "host" …) */}}
{{- define "colonnade.ingressHostHasTls" -}}
{{- $parent := printf "*.%s" (regexReplaceAll "^[^.]*\\." .host "") -}}
{{- if eq .root.Values.tls.mode "edge" -}}true
{{- else -}}
{{- range include "colonnade.ingressTls" .root | fromYamlArray -}}
{{- if or (empty .hosts) (has $.host .hosts) (has $parent .hosts) -}}true{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" or "false": the redirect to HTTPS for every host without an exception. */}}
{{- define "colonnade.sslRedirect" -}}
{{- if kindIs "bool" .Values.django.secureSSLRedirect -}}{{ .Values.django.secureSSLRedirect }}
{{- else -}}{{ or (ne .Values.tls.mode "none") (and .Values.ingress.catchAll (not (empty .Values.ingress.tls))) }}{{- end -}}
{{- end -}}

{{/* The hosts for which the opposite holds, a YAML list: sites without TLS, and hosts of `ingress.hosts`. */}}
{{- define "colonnade.sslExceptions" -}}
{{- $root := . -}}
{{- $out := list -}}
{{- if not (kindIs "bool" .Values.django.secureSSLRedirect) -}}
{{- $redirect := include "colonnade.sslRedirect" . -}}
{{- include "colonnade.sites" . -}}
{{- if ne .Values.tls.mode "none" -}}
{{- range .Values.siteList -}}
{{- if not (include "colonnade.siteHasTls" (dict "root" $root "site" .)) -}}{{- $out = concat $out .hosts -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- if .Values.ingress.enabled -}}
{{- range .Values.ingress.hosts -}}
{{- $tls := include "colonnade.ingressHostHasTls" (dict "root" $root "host" .host) | empty | ternary "false" "true" -}}
{{- if ne $tls $redirect -}}{{- $out = append $out .host -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- uniq $out | toYaml -}}
{{- end -}}
