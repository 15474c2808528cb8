{{/* The objects of a site that is not declared, as JSON with placeholders: the same definitions as for a declared site.
     `manage.py reconcile_routes` replaces `{key}`, `{object…}` and, once per host, `{host}` and `{host-hash}`. */}}
{{- define "colonnade.routeTemplate" -}}
{{- $root := . -}}
{{- $site := dict "key" "{key}" "hosts" (list "{host}") "object" "{object}" "placeholder" true -}}
{{- $one := dict "root" . "site" $site -}}
{{- $text := "" -}}
{{- range list "colonnade.siteListeners" "colonnade.siteCertificate" "colonnade.siteRoutes" "colonnade.siteIngress" -}}
{{- $text = printf "%s\n%s" $text (include . $one) -}}
{{- end -}}
{{- $objects := list -}}
{{- range regexSplit "(?m)^---$" $text -1 -}}
{{- with fromYaml . -}}
{{- /* Not Helm's own labels: they would make Helm or Argo CD think the object is theirs, and change with every version. */ -}}
{{- $labels := omit .metadata.labels "helm.sh/chart" "app.kubernetes.io/version" "app.kubernetes.io/instance" -}}
{{- $_ := set $labels "app.kubernetes.io/managed-by" "colonnade-routes" -}}
{{- $_ := set $labels (include "colonnade.routesLabel" $root) $root.Release.Name -}}
{{- $_ := set .metadata "labels" $labels -}}
{{- $objects = append $objects . -}}
{{- end -}}
{{- end -}}
{{- dict "release" .Release.Name "fullname" (include "colonnade.fullname" .) "site_label" (include "colonnade.siteLabel" .) "routes_label" (include "colonnade.routesLabel" .)
      "lease" (include "colonnade.routesName" .) "wildcards" (or (ne .Values.tls.mode "perSite") .Values.tls.dns01) "certificates" (eq .Values.tls.mode "perSite")
      "declares" (empty .Values.sitesExistingConfigMap) "objects" $objects | toPrettyJson -}}
{{- end -}}

{{/* The label of the objects that `manage.py reconcile_routes` keeps: the name of the release. */}}
{{- define "colonnade.routesLabel" -}}colonnade.github.io/routes-of{{- end -}}

{{- define "colonnade.routesName" -}}{{ include "colonnade.shortName" (dict "root" . "suffix" "routes") }}{{- end -}}
