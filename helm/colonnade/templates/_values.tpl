{{/* The first line of every template: gives a key that the user emptied (null), or that `--reuse-values` lacks, its
     default. files/defaults.json has a section as a map and a value as a list with one item. Renders nothing. */}}
{{- define "colonnade.prepare" -}}
{{- if not (hasKey .Values "prepared") -}}
{{- include "colonnade.fill" (dict "values" .Values "defaults" (.Files.Get "files/defaults.json" | fromJson)) -}}
{{- $_ := set .Values "prepared" true -}}
{{- end -}}
{{- end -}}

{{- define "colonnade.fill" -}}
{{- $values := .values -}}
{{- range $key, $default := .defaults -}}
{{- $given := index $values $key -}}
{{- if kindIs "map" $default -}}
{{- if not (kindIs "map" $given) -}}{{- $_ := set $values $key dict -}}{{- end -}}
{{- include "colonnade.fill" (dict "values" (index $values $key) "defaults" $default) -}}
{{- else if kindIs "invalid" $given -}}
{{- $_ := set $values $key (first $default) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A number as it was written: 2024 must not become 2.024e+03. */}}
{{- define "colonnade.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end -}}

{{/* A map whose values are strings, as the API server wants annotations, labels and the like. */}}
{{- define "colonnade.strings" -}}
{{- $out := dict -}}
{{- range $key, $value := . -}}
{{- if not (kindIs "invalid" $value) -}}{{- $_ := set $out $key (include "colonnade.text" $value) -}}{{- end -}}
{{- end -}}
{{- toYaml $out -}}
{{- end -}}
