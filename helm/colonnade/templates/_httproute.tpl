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

{{/* The routes of one site: (dict "root" $ "site" …) */}}
{{- define "colonnade.siteRoutes" -}}
{{- $root := .root -}}{{- $site := .site -}}
{{- $r := $root.Values.httpRoute -}}
{{- if $r.enabled -}}
{{- $tls := or (eq $root.Values.tls.mode "none") (include "colonnade.siteHasTls" .) -}}
{{- /* A site without TLS is served where the others are redirected. */ -}}
{{- $redirect := and $r.redirect.enabled $tls -}}
{{- $parents := default (ternary $r.redirect.parentRefs $r.parentRefs (and $r.redirect.enabled (not $tls))) (dig "route" "parentRefs" list $site) -}}
{{- if and $root.Values.listenerSet.enabled $tls -}}
{{- $parents = append $parents (dict "group" "gateway.networking.k8s.io" "kind" "ListenerSet" "name" $site.object) -}}
{{- end -}}
{{- $one := dict "root" $root "labels" (merge (dict (include "colonnade.siteLabel" $root) $site.key) $r.labels)
      "annotations" (merge (dict) (dig "route" "annotations" dict $site) $r.annotations) -}}
{{- $rules := include "colonnade.routeRules" $root -}}
{{- /* A route can have at most 16 hostnames. */ -}}
{{- range $i, $hosts := chunk 16 $site.hosts -}}
{{- $more := ternary "" (printf "-%d" (add1 $i)) (eq $i 0) -}}
{{- include "colonnade.route" (merge (dict "name" (printf "%s%s" $site.object $more) "hosts" $hosts "parentRefs" $parents "rules" $rules) $one) -}}
{{- if $redirect -}}
{{- $name := include "colonnade.siteName" (dict "root" $root "site" $site "suffix" (printf "-https%s" $more)) -}}
{{- include "colonnade.route" (merge (dict "name" $name "hosts" $hosts "parentRefs" $r.redirect.parentRefs "rules" (include "colonnade.redirectRules" $root)) $one) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
