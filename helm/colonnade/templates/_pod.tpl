{{/* What all pods of the application have in common, so that web, release and poll cannot differ.
     Both take (dict "root" $ "sites" bool "superuser" bool "predeploy" bool "media" bool "twitter" bool "current" bool "owner" bool)
     and the keys named below. */}}

{{/* One container: also "name" "args" "resources" "mounts" "more" (a dict of additional fields). */}}
{{- define "colonnade.container" -}}
{{- $v := .root.Values -}}
name: {{ .name }}
image: {{ include "colonnade.image" (dict "root" .root "image" $v.image "tag" .root.Chart.AppVersion) | quote }}
imagePullPolicy: {{ $v.image.pullPolicy }}
{{- with .args }}
args: {{ toJson . }}
{{- end }}
env:
  {{- include "colonnade.env" . | nindent 2 }}
{{- with $v.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: shm, mountPath: /dev/shm}
  - {name: credentials, mountPath: /run/secrets/colonnade, readOnly: true}
  {{- if .sites }}
  - {name: sites, mountPath: /etc/colonnade, readOnly: true}
  {{- end }}
  {{- if .current }}
  - {name: current, mountPath: /etc/colonnade-release, readOnly: true}
  {{- end }}
  {{- if .media }}
  - {name: media, mountPath: /media}
  {{- end }}
  {{- if eq $v.database.type "sqlite" }}
  - {name: data, mountPath: /data}
  {{- end }}
  {{- with .mounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $v.volumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $v.securityContext | nindent 2 }}
{{- with .more }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A pod spec without containers: also "restartPolicy", "together" (on the web pods' node), "apart" (labels of
     pods on whose nodes it is better not to be), "volumes", "account" (a
     ServiceAccount of its own) and "scheduling", a dict that replaces the values of all pods. */}}
{{- define "colonnade.podSpec" -}}
{{- $v := .root.Values -}}
{{- $scheduling := pick $v "priorityClassName" "nodeSelector" "tolerations" "affinity" -}}
{{- range $key := keys $scheduling -}}
{{- $own := index (default dict $.scheduling) $key -}}
{{- if not (kindIs "invalid" $own) -}}{{- $_ := set $scheduling $key $own -}}{{- end -}}
{{- end -}}
{{- if .account }}
serviceAccountName: {{ .account | quote }}
{{- else }}
serviceAccountName: {{ ternary (include "colonnade.shortName" (dict "root" .root "suffix" "predeploy")) (include "colonnade.serviceAccountName" .root) (and (not (empty .predeploy)) $v.serviceAccount.create) | quote }}
{{- end }}
automountServiceAccountToken: {{ and $v.serviceAccount.automount (not .account) }}
enableServiceLinks: false
{{- with .restartPolicy }}
restartPolicy: {{ . }}
{{- end }}
{{- with include "colonnade.imagePullSecrets" .root }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- toYaml $v.podSecurityContext | nindent 2 }}
{{- include "colonnade.placement" (dict "root" .root "scheduling" $scheduling) }}
{{- $affinity := deepCopy $scheduling.affinity }}
{{- if .together }}
{{- $near := dict "labelSelector" (dict "matchLabels" (include "colonnade.selector" (dict "root" .root "component" "web") | fromYaml)) "topologyKey" "kubernetes.io/hostname" }}
{{- $pods := default dict $affinity.podAffinity }}
{{- $terms := append (default list $pods.requiredDuringSchedulingIgnoredDuringExecution) $near }}
{{- $_ := set $affinity "podAffinity" (merge (dict "requiredDuringSchedulingIgnoredDuringExecution" $terms) $pods) }}
{{- end }}
{{- if .apart }}
{{- $near := dict "labelSelector" (dict "matchLabels" .apart) "matchLabelKeys" (list "pod-template-hash") "topologyKey" "kubernetes.io/hostname" }}
{{- $pods := default dict $affinity.podAntiAffinity }}
{{- $terms := append (default list $pods.preferredDuringSchedulingIgnoredDuringExecution) (dict "weight" 100 "podAffinityTerm" $near) }}
{{- $_ := set $affinity "podAntiAffinity" (merge (dict "preferredDuringSchedulingIgnoredDuringExecution" $terms) $pods) }}
{{- end }}
{{- with $affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: {{ include "colonnade.text" $v.scratch.tmp }}}
  - name: shm
    emptyDir: {medium: Memory, sizeLimit: {{ include "colonnade.text" $v.scratch.shm }}}
  - name: credentials
    projected:
      defaultMode: 0440
      sources:
        {{- range include "colonnade.credentials" . | fromYamlArray }}
        - secret:
            name: {{ .secret | quote }}
            items: [{key: {{ .key | quote }}, path: {{ .env }}}]
        {{- end }}
  {{- if .sites }}
  - name: sites
    configMap:
      name: {{ ternary (include "colonnade.shortName" (dict "root" .root "suffix" "predeploy")) (include "colonnade.sitesConfigMap" .root) (and (not (empty .predeploy)) (empty $v.sitesExistingConfigMap)) | quote }}
  {{- end }}
  {{- if .current }}
  - name: current
    configMap:
      name: {{ include "colonnade.shortName" (dict "root" .root "suffix" "release") }}
  {{- end }}
  {{- if .media }}
  - name: media
    {{- if include "colonnade.hasMediaVolume" .root }}
    persistentVolumeClaim:
      claimName: {{ default (include "colonnade.shortName" (dict "root" .root "suffix" "media")) $v.persistence.media.existingClaim | quote }}
    {{- else }}
    emptyDir: {sizeLimit: {{ include "colonnade.text" $v.persistence.media.size }}}
    {{- end }}
  {{- end }}
  {{- if eq $v.database.type "sqlite" }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ default (include "colonnade.shortName" (dict "root" .root "suffix" "data")) $v.persistence.data.existingClaim | quote }}
  {{- end }}
  {{- with .volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  {{- with $v.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Annotations and labels of a pod template: (dict "labels" … "annotations" … "selector" …); the selector wins. */}}
{{- define "colonnade.podMetadata" -}}
labels:
  {{- include "colonnade.strings" (merge (dict) .selector .labels) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- include "colonnade.strings" . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Where and with what a pod runs, but for its affinity: (dict "root" $ "scheduling" dict) */}}
{{- define "colonnade.placement" -}}
{{- $v := .root.Values -}}
{{- $scheduling := .scheduling -}}
{{- with $scheduling.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $v.runtimeClassName }}
runtimeClassName: {{ . | quote }}
{{- end }}
{{- with $v.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with $scheduling.nodeSelector }}
nodeSelector:
  {{- include "colonnade.strings" . | nindent 2 }}
{{- end }}
{{- with $scheduling.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
