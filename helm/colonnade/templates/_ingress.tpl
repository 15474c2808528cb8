{{- define "colonnade.ingressBackend" -}}
service: {name: {{ include "colonnade.fullname" . }}, port: {name: http}}
{{- end -}}

{{/* The rule of a host: every path leads to the pods. */}}
{{- define "colonnade.ingressRule" -}}
paths:
  - path: /
    pathType: {{ .Values.ingress.pathType }}
    backend: {{ include "colonnade.ingressBackend" . | fromYaml | toJson }}
{{- end -}}

{{/* The Ingress of one site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteIngress" -}}
{{- $v := .root.Values -}}{{- $site := .site -}}
{{- if $v.ingress.enabled -}}
{{- $everything := include "colonnade.ingressRule" .root | fromYaml -}}
{{- $annotations := merge (dict) (default dict (dig "ingress" "annotations" dict $site)) $v.ingress.annotations -}}
{{- if include "colonnade.siteIsIssued" . -}}
{{- with $v.tls.clusterIssuer }}{{ $_ := set $annotations "cert-manager.io/cluster-issuer" . }}{{ end -}}
{{- with $v.tls.issuer }}{{ $_ := set $annotations "cert-manager.io/issuer" . }}{{ end -}}
{{- end -}}
{{- $labels := merge (dict (include "colonnade.siteLabel" .root) $site.key) (default dict (dig "ingress" "labels" dict $site)) $v.ingress.labels }}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  {{- include "colonnade.metadata" (dict "root" .root "name" $site.object "component" "web" "annotations" $annotations "labels" $labels) | nindent 2 }}
spec:
  {{- with dig "ingress" "className" $v.ingress.className $site }}
  ingressClassName: {{ . | quote }}
  {{- end }}
  rules:
    {{- range $site.hosts }}
    - host: {{ . | quote }}
      http:
        {{- toYaml $everything | nindent 8 }}
    {{- end }}
  {{- with include "colonnade.siteTlsSecret" . }}
  tls:
    - secretName: {{ . | quote }}
      hosts:
        {{- toYaml $site.hosts | nindent 8 }}
  {{- end }}
{{- end -}}
{{- end -}}
