{{/* What would make an installation that cannot work: told before anything is installed. */}}
{{- define "applemusic.checks" -}}
{{- $files := .Values.secrets.files }}
{{- $named := list }}
{{- range $name := keys $files | sortAlpha }}
{{- if get $files $name }}{{ $named = append $named $name }}{{ end }}
{{- end }}
{{- if and (or $named .Values.secrets.extraFiles) (not (include "applemusic.secret" .)) }}
{{- fail (printf "secrets.files names %s, but there is no Secret: set secrets.existingSecret, or secrets.externalSecret.enabled" (join ", " $named)) }}
{{- end }}
{{- if and .Values.secrets.existingSecret .Values.secrets.externalSecret.enabled }}
{{- fail "secrets.existingSecret and secrets.externalSecret exclude each other" }}
{{- end }}
{{- if and .Values.secrets.externalSecret.enabled (not (and .Values.secrets.externalSecret.data .Values.secrets.externalSecret.secretStoreRef.name)) }}
{{- fail "secrets.externalSecret needs secretStoreRef.name, and data that says what to fetch" }}
{{- end }}
{{- if .Values.secrets.externalSecret.enabled }}
{{- range $key := concat (values $files) .Values.secrets.extraFiles | sortAlpha | uniq }}
{{- if and $key (not (hasKey $.Values.secrets.externalSecret.data $key)) }}
{{- fail (printf "secrets.externalSecret.data does not say where %s is found" $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and $files.musicKitKey (not (and .Values.developerToken.keyId .Values.developerToken.teamId)) }}
{{- fail "secrets.files.musicKitKey needs developerToken.keyId and developerToken.teamId" }}
{{- end }}
{{- if include "applemusic.shared" . }}
{{- if not $files.encryptionKey }}
{{- fail "database.type postgresql needs secrets.files.encryptionKey: all servers encrypt with the same key, which `applemusic-server keys new` makes" }}
{{- end }}
{{- if not (or .Values.database.postgresql.url $files.databaseUrl) }}
{{- fail "database.type postgresql needs database.postgresql.url, or secrets.files.databaseUrl" }}
{{- end }}
{{- if and .Values.database.postgresql.url $files.databaseUrl }}
{{- fail "database.postgresql.url and secrets.files.databaseUrl exclude each other" }}
{{- end }}
{{- else if include "applemusic.several" . }}
{{- fail "one server at a time works on SQLite: several need database.type postgresql" }}
{{- end }}
{{- $grpc := default dict .Values.config.grpc }}
{{- if not (or .Values.accessTokens.callers (dig "tls" "clients" dict .Values.config) $grpc.insecure) }}
{{- fail "nobody could call: name somebody in accessTokens.callers or config.tls.clients" }}
{{- end }}
{{- if and .Values.tls.clientCaKey (not .Values.tls.existingSecret) }}
{{- fail "tls.clientCaKey needs tls.existingSecret: without TLS nobody's certificate is asked for" }}
{{- end }}
{{- if and (dig "tls" "clients" dict .Values.config) (not .Values.tls.clientCaKey) }}
{{- fail "config.tls.clients needs tls.clientCaKey: the authorities of the callers' certificates" }}
{{- end }}
{{- if and .Values.autoscaling.enabled (gt (int .Values.autoscaling.minReplicas) (int .Values.autoscaling.maxReplicas)) }}
{{- fail "autoscaling.minReplicas is more than autoscaling.maxReplicas" }}
{{- end }}
{{- if eq (int .Values.service.grpcPort) (int .Values.service.webPort) }}
{{- fail "service.grpcPort and service.webPort are the same" }}
{{- end }}
{{- range $label := keys .Values.podLabels | sortAlpha }}
{{- if hasKey (include "applemusic.labels" $ | fromYaml) $label }}
{{- fail (printf "podLabels: %s is the chart's own, by which Services find the pods" $label) }}
{{- end }}
{{- end }}
{{- if hasKey .Values.podAnnotations "checksum/config" }}
{{- fail "podAnnotations: checksum/config is the chart's own" }}
{{- end }}
{{- range .Values.extraEnv }}
{{- if hasPrefix "APPLEMUSIC_" (toString .name) }}
{{- fail (printf "extraEnv: %s would overrule the chart: settings belong into config" .name) }}
{{- end }}
{{- end }}
{{- $monitor := .Values.metrics.serviceMonitor }}
{{- if and $monitor.tokenSecret.name (not $monitor.tokenSecret.key) }}
{{- fail "metrics.serviceMonitor.tokenSecret needs key" }}
{{- end }}
{{- if and $monitor.enabled (not $monitor.tokenSecret.name) (not (dig "web" "open_metrics" false .Values.config)) }}
{{- fail "metrics.serviceMonitor needs tokenSecret, a token of the scope read; or set config.web.open_metrics" }}
{{- end }}
{{- range $kind := list "web" "grpc" }}
{{- if and (get $.Values.ingress $kind).enabled (not (get $.Values.ingress $kind).host) }}
{{- fail (printf "ingress.%s needs host" $kind) }}
{{- end }}
{{- if and (get $.Values.gateway $kind).enabled (not (get $.Values.gateway $kind).parentRefs) }}
{{- fail (printf "gateway.%s needs parentRefs: the gateway that it belongs to" $kind) }}
{{- end }}
{{- end }}
{{- end }}
