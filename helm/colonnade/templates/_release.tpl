{{/* The spec of the job that runs the migrations and writes the sites: (dict "pod" … "resources" … "onlySites" bool "args" list) */}}
{{- define "colonnade.releaseJobSpec" -}}
{{- $root := .pod.root -}}
backoffLimit: {{ $root.Values.release.backoffLimit }}
activeDeadlineSeconds: {{ $root.Values.release.activeDeadlineSeconds }}
{{- if not (kindIs "invalid" $root.Values.release.ttlSecondsAfterFinished) }}
ttlSecondsAfterFinished: {{ $root.Values.release.ttlSecondsAfterFinished }}
{{- end }}
template:
  metadata:
    {{- include "colonnade.podMetadata" (dict "labels" $root.Values.release.podLabels "annotations" $root.Values.release.podAnnotations "selector" (include "colonnade.selector" (dict "root" $root "component" "release") | fromYaml)) | nindent 4 }}
  spec:
    {{- include "colonnade.podSpec" .pod | nindent 4 }}
    {{- if .onlySites }}
    initContainers:
      -
        {{- include "colonnade.container" (merge (dict "name" "wait-for-release" "args" (list "wait")) .resources .pod) | nindent 8 }}
    {{- end }}
    containers:
      -
        {{- include "colonnade.container" (merge (dict "name" "release" "args" .args) .resources .pod) | nindent 8 }}
{{- end -}}

{{/* What the names of all release jobs begin with; there is room for the hash of the work. The alert uses it as well:
     (dict "root" $ "suffix" "release") */}}
{{- define "colonnade.releaseJobStem" -}}
{{- include "colonnade.shortName" (dict "root" .root "suffix" .suffix "max" 54) -}}
{{- end -}}
