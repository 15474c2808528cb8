{{/* What all pods of the application have in common, so that web, release and poll cannot differ.
     Both take (dict "root" $ "sites" bool "superuser" bool "predeploy" bool "media" bool) and the keys named below. */}}

{{/* One container: also "name" "args" "resources" "more" (a dict of additional fields). */}}
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
  {{- if .media }}
  - {name: media, mountPath: /media}
  {{- end }}
  {{- if eq $v.database.type "sqlite" }}
  - {name: data, mountPath: /data}
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

{{/* A pod spec without containers: also "restartPolicy" and "together" (on the web pods' node). */}}
{{- define "colonnade.podSpec" -}}
{{- $v := .root.Values -}}
serviceAccountName: {{ ternary (include "colonnade.shortName" (dict "root" .root "suffix" "predeploy")) (include "colonnade.serviceAccountName" .root) (and (not (empty .predeploy)) $v.serviceAccount.create) }}
automountServiceAccountToken: {{ $v.serviceAccount.automount }}
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
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $v.runtimeClassName }}
runtimeClassName: {{ . }}
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
{{- with $v.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $affinity := deepCopy $v.affinity }}
{{- if .together }}
{{- $near := dict "labelSelector" (dict "matchLabels" (include "colonnade.selector" (dict "root" .root "component" "web") | fromYaml)) "topologyKey" "kubernetes.io/hostname" }}
{{- $pods := default dict $affinity.podAffinity }}
{{- $terms := append (default list $pods.requiredDuringSchedulingIgnoredDuringExecution) $near }}
{{- $_ := set $affinity "podAffinity" (merge (dict "requiredDuringSchedulingIgnoredDuringExecution" $terms) $pods) }}
{{- end }}
{{- with $affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
volumes:
  - name: tmp
    emptyDir: {sizeLimit: {{ $v.scratch.tmp }}}
  - name: shm
    emptyDir: {medium: Memory, sizeLimit: {{ $v.scratch.shm }}}
  - name: credentials
    projected:
      defaultMode: 0440
      sources:
        {{- range include "colonnade.credentials" . | fromYamlArray }}
        - secret:
            name: {{ .secret }}
            items: [{key: {{ .key }}, path: {{ .env }}}]
        {{- end }}
  {{- if .sites }}
  - name: sites
    configMap:
      name: {{ ternary (include "colonnade.shortName" (dict "root" .root "suffix" "predeploy")) (include "colonnade.sitesConfigMap" .root) (and (not (empty .predeploy)) (empty $v.sitesExistingConfigMap)) }}
  {{- end }}
  {{- if .media }}
  - name: media
    {{- if include "colonnade.hasMediaVolume" .root }}
    persistentVolumeClaim:
      claimName: {{ default (include "colonnade.shortName" (dict "root" .root "suffix" "media")) $v.persistence.media.existingClaim }}
    {{- else }}
    emptyDir: {}
    {{- end }}
  {{- end }}
  {{- if eq $v.database.type "sqlite" }}
  - name: data
    persistentVolumeClaim:
      claimName: {{ default (include "colonnade.shortName" (dict "root" .root "suffix" "data")) $v.persistence.data.existingClaim }}
  {{- end }}
  {{- with $v.volumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}
