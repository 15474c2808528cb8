{{/* What the pods of backups and restores have beside those of other CronJobs. */}}
{{- define "colonnade.backupToClaim" -}}
{{- with .Values.backup -}}{{- if and .enabled (not .url) (not .existingSecret) -}}true{{- end -}}{{- end -}}
{{- end -}}

{{- define "colonnade.backupVolumes" -}}
- {name: work, emptyDir: {sizeLimit: {{ include "colonnade.text" .Values.scratch.backup }}}}
{{- if include "colonnade.backupToClaim" . }}
- {name: backup, persistentVolumeClaim: {claimName: {{ default (include "colonnade.shortName" (dict "root" . "suffix" "backup")) .Values.backup.persistence.existingClaim }}}}
{{- end }}
{{- end -}}

{{- define "colonnade.backupMounts" -}}
- {name: work, mountPath: /work}
{{- if include "colonnade.backupToClaim" . }}
- {name: backup, mountPath: /backup}
{{- end }}
{{- end -}}

{{/* The programs of PostgreSQL, with a script and a connection that the container before wrote: (dict "root" $ "script" …) */}}
{{- define "colonnade.backupScript" -}}
{{- $v := .root.Values -}}
{{- if ne $v.database.type "sqlite" -}}
{{- $image := deepCopy $v.postgresql.image -}}
{{- with $v.backup.image -}}
{{- if or .repository .tag -}}{{- $_ := set $image "digest" "" -}}{{- end -}}
{{- range $key, $value := . -}}{{- if $value -}}{{- $_ := set $image $key $value -}}{{- end -}}{{- end -}}
{{- end -}}
- name: postgresql
  image: {{ include "colonnade.image" (dict "root" .root "image" $image "tag" "17") | quote }}
  imagePullPolicy: {{ $image.pullPolicy }}
  command: [sh, /work/{{ .script }}]
  volumeMounts:
    - {name: work, mountPath: /work}
    - {name: tmp, mountPath: /tmp}
  {{- with $v.backup.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml $v.securityContext | nindent 4 }}
{{- end -}}
{{- end -}}
