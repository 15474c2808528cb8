{{/* The rules of every route to the pods. */}}
{{- define "colonnade.routeRules" -}}
{{- $r := .Values.httpRoute -}}
{{- if $r.rules -}}
{{- toYaml $r.rules -}}
{{- else -}}
{{- $filters := $r.filters -}}
{{- if .Values.proxy.stripForwardedHost -}}
{{- $filters = prepend $filters (dict "type" "RequestHeaderModifier" "requestHeaderModifier" (dict "remove" (list "X-Forwarded-Host"))) -}}
{{- end -}}
{{- $rule := dict "matches" (list (dict "path" (dict "type" "PathPrefix" "value" "/")))
      "backendRefs" (list (dict "name" (include "colonnade.fullname" .) "port" (int .Values.service.port))) -}}
{{- with $filters -}}{{- $_ := set $rule "filters" . -}}{{- end -}}
{{- with $r.timeouts -}}{{- $_ := set $rule "timeouts" . -}}{{- end -}}
{{- toYaml (list $rule) -}}
{{- end -}}
{{- end -}}

{{- define "colonnade.redirectRules" -}}
- matches: [{path: {type: PathPrefix, value: /}}]
  filters: [{type: RequestRedirect, requestRedirect: {scheme: https, statusCode: 301}}]
{{- end -}}

{{/* One route: (dict "root" $ "name" … "hosts" list "parentRefs" list "rules" text "annotations" … "labels" …) */}}
{{- define "colonnade.route" }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  {{- include "colonnade.metadata" (dict "root" .root "name" .name "component" "web" "annotations" .annotations "labels" .labels) | nindent 2 }}
spec:
  parentRefs:
    {{- toYaml .parentRefs | nindent 4 }}
  {{- with .hosts }}
  hostnames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    {{- .rules | nindent 4 }}
{{- end -}}
