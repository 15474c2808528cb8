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
{{- else if eq $mode "perSite" -}}{{ include "colonnade.siteName" (dict "root" .root "site" .site "suffix" "-tls") }}
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

{{/* The HTTPS listeners of one site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteListeners" -}}
{{- $l := .root.Values.listenerSet -}}{{- $site := .site -}}
{{- $secret := include "colonnade.siteTlsSecret" . -}}
{{- if and $l.enabled $secret }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata:
  {{- include "colonnade.metadata" (dict "root" .root "name" $site.object "component" "web" "annotations" $l.annotations "labels" (dict (include "colonnade.siteLabel" .root) $site.key)) | nindent 2 }}
spec:
  parentRef:
    {{- toYaml $l.parentRef | nindent 4 }}
  listeners:
    {{- range $site.hosts }}
    - name: h-{{ ternary "{host-hash}" (sha256sum . | trunc 12) (not (empty $site.placeholder)) }}
      hostname: {{ . | quote }}
      port: {{ $l.port }}
      protocol: HTTPS
      tls:
        mode: Terminate
        certificateRefs:
          - {kind: Secret, name: {{ $secret | quote }}}
      allowedRoutes:
        namespaces: {from: Same}
    {{- end }}
{{- end }}
{{- end -}}

{{/* Whether the chart creates Certificates. Only for Gateways: with an Ingress, its annotation makes cert-manager create
     the certificate, and a certificate must not have two owners. */}}
{{- define "colonnade.makesCertificates" -}}
{{- if and .Values.httpRoute.enabled .Values.tls.certificates (not .Values.ingress.enabled) (eq .Values.tls.mode "perSite") -}}true{{- end -}}
{{- end -}}

{{/* The certificate of one site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteCertificate" -}}
{{- $t := .root.Values.tls -}}{{- $site := .site -}}
{{- if and (include "colonnade.makesCertificates" .root) (include "colonnade.siteIsIssued" .) }}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  {{- include "colonnade.metadata" (dict "root" .root "name" $site.object "component" "web" "labels" (dict (include "colonnade.siteLabel" .root) $site.key)) | nindent 2 }}
spec:
  secretName: {{ include "colonnade.siteTlsSecret" . | quote }}
  issuerRef:
    kind: {{ ternary "ClusterIssuer" "Issuer" (not (empty $t.clusterIssuer)) }}
    name: {{ default $t.issuer $t.clusterIssuer | quote }}
  dnsNames:
    {{- toYaml $site.hosts | nindent 4 }}
{{- end }}
{{- end -}}
