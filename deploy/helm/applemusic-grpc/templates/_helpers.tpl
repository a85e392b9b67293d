{{- define "applemusic.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "applemusic.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "applemusic.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "applemusic.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "applemusic.selector" -}}
app.kubernetes.io/name: {{ include "applemusic.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "applemusic.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "applemusic.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "applemusic.image" -}}
{{- $image := .Values.image }}
{{- printf "%s:%s" $image.repository (default .Chart.AppVersion $image.tag) }}
{{- if $image.digest }}@{{ $image.digest }}{{ end }}
{{- end }}

{{- define "applemusic.serviceAccount" -}}
{{- default (include "applemusic.fullname" .) .Values.serviceAccount.name }}
{{- end }}

{{/* Whether several servers share one database; "true" or empty. */}}
{{- define "applemusic.shared" -}}
{{- if eq .Values.database.type "postgresql" }}true{{ end }}
{{- end }}

{{/* Whether more than one pod is wanted; "true" or empty. */}}
{{- define "applemusic.several" -}}
{{- if or .Values.autoscaling.enabled (gt (int .Values.replicaCount) 1) }}true{{ end }}
{{- end }}

{{/* The Secret with Apple's and the server's secrets; empty when there is none. */}}
{{- define "applemusic.secret" -}}
{{- if .Values.secrets.externalSecret.enabled }}
{{- printf "%s-secrets" (include "applemusic.fullname" .) }}
{{- else }}
{{- .Values.secrets.existingSecret }}
{{- end }}
{{- end }}

{{/* The Secret with the access tokens; empty when nobody has one. */}}
{{- define "applemusic.tokenSecret" -}}
{{- if .Values.accessTokens.callers }}
{{- default (printf "%s-access-tokens" (include "applemusic.fullname" .)) .Values.accessTokens.existingSecret }}
{{- end }}
{{- end }}

{{/* How long open streams may go on, in seconds. */}}
{{- define "applemusic.grace" -}}
{{- $grpc := default dict .Values.config.grpc }}
{{- if hasKey $grpc "grace_seconds" }}{{ $grpc.grace_seconds }}
{{- else if include "applemusic.shared" . }}300
{{- else }}20
{{- end }}
{{- end }}

{{/*
How long a server that goes stays for Prometheus, in seconds: its interval and a little, where another
server has taken over by then.
*/}}
{{- define "applemusic.lastScrape" -}}
{{- $web := default dict .Values.config.web }}
{{- $monitor := .Values.metrics.serviceMonitor }}
{{- if hasKey $web "last_scrape_seconds" }}{{ $web.last_scrape_seconds }}
{{- else if and $monitor.enabled (include "applemusic.shared" .) }}
{{- $number := regexFind "^[0-9]+" $monitor.interval | int }}
{{- $seconds := $number }}
{{- if hasSuffix "ms" $monitor.interval }}{{ $seconds = div (add $number 999) 1000 }}
{{- else if hasSuffix "m" $monitor.interval }}{{ $seconds = mul $number 60 }}
{{- end }}
{{- min 120 (add $seconds 5) }}
{{- else }}0
{{- end }}
{{- end }}

{{/* PostgreSQL's port: that of its URL, as far as the chart sees it. */}}
{{- define "applemusic.databasePort" -}}
{{- $place := regexReplaceAll "^[^@]*@" .Values.database.postgresql.url "" }}
{{- $port := regexFind "[0-9]+" (regexFind ":[0-9]+(/|[?]|$)" $place) | int }}
{{- .Values.networkPolicy.databasePort | default $port | default 5432 }}
{{- end }}

{{/* The path under which browsers see the pages; empty at the root. */}}
{{- define "applemusic.webPath" -}}
{{- $url := dig "web" "public_url" "" .Values.config }}
{{- if $url }}{{ (urlParse $url).path | trimSuffix "/" }}{{ end }}
{{- end }}

{{/* What may come from outside: the pages, and neither metrics nor probes. As JSON: {prefix: [], exact: []}. */}}
{{- define "applemusic.webPaths" -}}
{{- $path := include "applemusic.webPath" . }}
{{- $exact := list (printf "%s/" $path) }}
{{- if $path }}{{ $exact = append $exact $path }}{{ end }}
{{- $prefix := list }}
{{- range list "sign-in" "link" "assets" }}
{{- $prefix = append $prefix (printf "%s/%s" $path .) }}
{{- end }}
{{- toJson (dict "prefix" $prefix "exact" $exact) }}
{{- end }}

{{/* The job under which Prometheus knows the servers; two alerts find it by `applemusic` in its name. */}}
{{- define "applemusic.job" -}}
{{- $name := include "applemusic.fullname" . }}
{{- if contains "applemusic" $name }}{{ $name }}{{ else }}{{ printf "applemusic-%s" $name }}{{ end }}
{{- end }}

{{- define "applemusic.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "applemusic.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}
