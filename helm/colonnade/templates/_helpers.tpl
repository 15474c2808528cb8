{{- define "colonnade.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "colonnade.fullname" -}}
{{- $full := .Values.fullnameOverride -}}
{{- if not $full -}}
{{- /* The name of a Service has no dots and begins with a letter; the name of a release may be `v2.0` or `2026`. */ -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $release := .Release.Name | replace "." "-" -}}
{{- $full = ternary $release (printf "%s-%s" $release $name) (contains $name $release) -}}
{{- if regexMatch "^[0-9]" $full -}}{{- $full = printf "%s-%s" $name $full -}}{{- end -}}
{{- end -}}
{{- $full | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* A name of at most `max` (63) characters: (dict "root" $ "suffix" "poll-twitter" "max" 52). A shortened name
     contains a hash, so that two releases with the same first characters get different names. */}}
{{- define "colonnade.shortName" -}}
{{- $full := include "colonnade.fullname" .root -}}
{{- $room := sub (default 63 .max) (add1 (len .suffix)) | int -}}
{{- if gt (len $full) $room -}}
{{- $full = printf "%s-%s" ($full | trunc (int (sub $room 9)) | trimSuffix "-") ($full | sha256sum | trunc 8) -}}
{{- end -}}
{{- printf "%s-%s" $full .suffix -}}
{{- end -}}

{{- define "colonnade.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* metadata of one object: (dict "root" $ "name" … "component" … "annotations" … "labels" …) */}}
{{- define "colonnade.metadata" -}}
{{- $annotations := merge (dict) (default dict .annotations) .root.Values.commonAnnotations -}}
name: {{ .name | quote }}
{{- with .root.Values.namespaceOverride }}
namespace: {{ . | quote }}
{{- end }}
labels:
  {{- merge (dict
        "app.kubernetes.io/name" (include "colonnade.name" .root)
        "app.kubernetes.io/instance" .root.Release.Name
        "app.kubernetes.io/component" .component
        "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_")
        "app.kubernetes.io/version" (.root.Chart.AppVersion | toString)
        "app.kubernetes.io/part-of" "colonnade"
        "app.kubernetes.io/managed-by" .root.Release.Service) (default dict .labels) .root.Values.commonLabels | include "colonnade.strings" | nindent 2 }}
{{- with $annotations }}
annotations:
  {{- include "colonnade.strings" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels that never change: (dict "root" $ "component" "web") */}}
{{- define "colonnade.selector" -}}
app.kubernetes.io/name: {{ include "colonnade.name" .root | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component | quote }}
{{- end -}}

{{- define "colonnade.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "colonnade.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* (dict "root" $ "image" .Values.image "tag" "default"). A published chart names the digest of its own image. */}}
{{- define "colonnade.image" -}}
{{- $registry := default .root.Values.global.imageRegistry .image.registry -}}
{{- $tag := include "colonnade.text" .image.tag -}}
{{- $name := trimPrefix "/" (printf "%s/%s" $registry .image.repository) -}}
{{- $pinned := index .root.Chart.Annotations "colonnade/image" | default "" -}}
{{- if .image.digest -}}{{ $name }}@{{ .image.digest }}
{{- else if and (not $tag) (hasPrefix (printf "%s@" $name) $pinned) -}}{{ $pinned }}{{- else -}}{{ $name }}:{{ default .tag $tag }}{{- end -}}
{{- end -}}

{{- define "colonnade.imagePullSecrets" -}}
{{- $all := list -}}
{{- range concat .Values.global.imagePullSecrets .Values.imagePullSecrets -}}
{{- $all = append $all (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $all }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{/* (dict "root" $ "class" "…") */}}
{{- define "colonnade.storageClass" -}}
{{- with default .root.Values.global.storageClass .class }}
storageClassName: {{ ternary "" . (eq . "-") | quote }}
{{- end }}
{{- end -}}

{{/* auto: depends on database.type */}}
{{- define "colonnade.releaseMode" -}}
{{- if ne .Values.release.mode "auto" -}}{{ .Values.release.mode }}
{{- else if eq .Values.database.type "sqlite" -}}initContainer
{{- else if eq .Values.database.type "external" -}}hook
{{- else if and (eq .Values.database.type "cnpg") (not .Values.cnpg.create) -}}hook
{{- else -}}job
{{- end -}}
{{- end -}}

{{- define "colonnade.cnpgName" -}}
{{- default (include "colonnade.shortName" (dict "root" . "suffix" "db" "max" 50)) .Values.cnpg.clusterName -}}
{{- end -}}

{{- define "colonnade.hasMediaVolume" -}}
{{- if and .Values.persistence.media.enabled (not .Values.storage.url) (not .Values.storage.existingSecret) -}}true{{- end -}}
{{- end -}}

{{/* A volume that only one node can mount keeps its pods on that node. */}}
{{- define "colonnade.oneNode" -}}
{{- $media := and (include "colonnade.hasMediaVolume" .) (not (has "ReadWriteMany" .Values.persistence.media.accessModes)) -}}
{{- if or $media (eq .Values.database.type "sqlite") -}}true{{- end -}}
{{- end -}}

{{/* A volume that only one pod can mount. */}}
{{- define "colonnade.onePod" -}}
{{- $media := and (include "colonnade.hasMediaVolume" .) (has "ReadWriteOncePod" .Values.persistence.media.accessModes) -}}
{{- if or $media (eq .Values.database.type "sqlite") -}}true{{- end -}}
{{- end -}}

{{- define "colonnade.manyPods" -}}
{{- if gt (int (ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled)) 1 -}}true{{- end -}}
{{- end -}}

{{/* The label of every object that belongs to one site. */}}
{{- define "colonnade.siteLabel" -}}colonnade.github.io/site{{- end -}}
