{{/* A test pod: the application's image runs files/check.py. (dict "root" $ "name" "health" "environment" list) */}}
{{- define "colonnade.testPod" -}}
apiVersion: v1
kind: Pod
metadata:
  {{- include "colonnade.metadata" (dict "root" .root "name" (include "colonnade.shortName" (dict "root" .root "suffix" (printf "test-%s" .name))) "component" "test"
        "labels" .root.Values.tests.podLabels
        "annotations" (merge (dict "helm.sh/hook" "test" "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded") .root.Values.tests.podAnnotations)) | nindent 2 }}
spec:
  automountServiceAccountToken: false
  enableServiceLinks: false
  restartPolicy: Never
  {{- with include "colonnade.imagePullSecrets" .root }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  securityContext:
    {{- toYaml .root.Values.podSecurityContext | nindent 4 }}
  {{- include "colonnade.placement" (dict "root" .root "scheduling" .root.Values) | nindent 2 }}
  {{- with .root.Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: test
      image: {{ include "colonnade.image" (dict "root" .root "image" .root.Values.image "tag" .root.Chart.AppVersion) | quote }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: [python, -c, {{ .root.Files.Get "files/check.py" | quote }}]
      env:
        - {name: SERVICE, value: {{ printf "http://%s:%d" (include "colonnade.fullname" .root) (int .root.Values.service.port) | quote }}}
        {{- range $name, $value := .environment }}
        - {name: {{ $name }}, value: {{ $value | quote }}}
        {{- end }}
      resources:
        requests: {cpu: 10m, memory: 32Mi}
        limits: {memory: 128Mi}
      securityContext:
        {{- toYaml .root.Values.securityContext | nindent 8 }}
{{- end -}}
