{{/* Name of every object of the release. A release may have dots or begin with a digit, a Service may not; what would be made of such a
name could be that of another release. */}}
{{- define "holdfast.fullname" -}}
{{- $wanted := .Values.fullnameOverride | default (ternary .Release.Name (printf "%s-%s" .Release.Name .Chart.Name) (contains .Chart.Name .Release.Name)) -}}
{{- $name := $wanted | trunc 52 | trimSuffix "-" -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "fullnameOverride: the release's objects would be called %q, and Kubernetes takes no Service of that name: it begins with a letter and has small letters, digits and dashes only. Set fullnameOverride" $name) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Name of what stands outside the release's namespace: no two of different namespaces share it, for neither part has a colon. */}}
{{- define "holdfast.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "holdfast.fullname" .) -}}
{{- end -}}

{{- define "holdfast.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "holdfast.fullname" .) -}}
{{- else -}}
{{- required "serviceAccount.name: name the existing ServiceAccount, for serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "holdfast.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "holdfast.labels" -}}
{{- $own := dict "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service -}}
{{- toYaml (mergeOverwrite (deepCopy (.Values.commonLabels | default dict)) $own (include "holdfast.selectorLabels" . | fromYaml)) -}}
{{- end -}}

{{- define "holdfast.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* The pods' selector for `helm test`: another name, or the Service and the budget would take it for a replica. */}}
{{- define "holdfast.testSelectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-test
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Refuses one port for both: the second to listen would not start. */}}
{{- define "holdfast.portsApart" -}}
{{- if eq (int .Values.web.port) (int .Values.web.probePort) -}}
{{- fail (printf "web.probePort: %d is web.port too; probes are answered on a port of their own" (int .Values.web.port)) -}}
{{- end -}}
{{- end -}}

{{/* Refuses an argument that comes from a value: the last of two counts, and the rest of the chart goes by the value. */}}
{{- define "holdfast.argumentsOnce" -}}
{{- $own := dict "config" "config" "web.probe-address" "web.probePort" "log.level" "log.level" "log.format" "log.format" -}}
{{- if .Values.web.configSecret.name -}}{{- $_ := set $own "web.config.file" "web.configSecret" -}}{{- end -}}
{{- range $argument := .Values.extraArgs -}}
{{- with get $own (regexFind "^[^=]+" $argument | trimPrefix "--") -}}
{{- fail (printf "extraArgs: %s is what the value %s is for, and would be given twice" $argument .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* http or https. Nobody would find out that a scrape by https reaches a port without TLS. */}}
{{- define "holdfast.scheme" -}}
{{- if and (eq .Values.web.scheme "https") (not .Values.web.configSecret.name) -}}
{{- fail "web.scheme: https needs web.configSecret.name, a Secret with a web configuration that has TLS" -}}
{{- end -}}
{{- .Values.web.scheme -}}
{{- end -}}

{{/* The monitor whose certificates and password are also those of `helm test`. */}}
{{- define "holdfast.monitor" -}}
{{- ternary .Values.podMonitor .Values.serviceMonitor .Values.podMonitor.enabled | toYaml -}}
{{- end -}}

{{/* Refuses two ways of being scraped: each series would be there twice. */}}
{{- define "holdfast.scrapedOnce" -}}
{{- $ways := list -}}
{{- range $way := list "serviceMonitor" "podMonitor" "scrapeAnnotations" -}}
{{- if (get $.Values $way).enabled -}}{{- $ways = append $ways (printf "%s.enabled" $way) -}}{{- end -}}
{{- end -}}
{{- if gt (len $ways) 1 -}}
{{- fail (printf "%s: one of these is enough, with more each series is scraped twice" (join ", " $ways)) -}}
{{- end -}}
{{- end -}}

{{/* A duration of Prometheus in milliseconds. */}}
{{- define "holdfast.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range $part := regexFindAll "[0-9]+[a-z]+" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" $part | int64) (get $units (regexFind "[a-z]+" $part))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* What a ServiceMonitor and a PodMonitor say alike. */}}
{{- define "holdfast.endpoint" -}}
{{- $monitor := get .root.Values .kind -}}
{{- if gt (include "holdfast.milliseconds" $monitor.interval | int64) 240000 -}}
{{- fail (printf "%s.interval: %s is longer than 4m. Prometheus takes a series for gone after five minutes without a scrape: the `for` of every alert would begin again, and none would fire" .kind $monitor.interval) -}}
{{- end -}}
{{- if gt (include "holdfast.milliseconds" $monitor.scrapeTimeout | int64) (include "holdfast.milliseconds" $monitor.interval | int64) -}}
{{- fail (printf "%s.scrapeTimeout: %s is longer than the interval of %s, and the operator would take no such monitor" .kind $monitor.scrapeTimeout $monitor.interval) -}}
{{- end -}}
port: http
path: /metrics
# The series' own `namespace` is the claim's; without this it would become `exported_namespace`.
honorLabels: true
interval: {{ $monitor.interval }}
scrapeTimeout: {{ $monitor.scrapeTimeout }}
scheme: {{ include "holdfast.scheme" .root }}
{{- range $key := list "tlsConfig" "basicAuth" "relabelings" "metricRelabelings" }}
{{- with get $monitor $key }}
{{ $key }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* Something where kubelets are asked for usage: unless they are switched off, and only of a whole cluster. */}}
{{- define "holdfast.asksKubelets" -}}
{{- if and (dig "usage" "kubelet" "enabled" true .Values.config) (empty .Values.config.namespaces) -}}
yes
{{- end -}}
{{- end -}}

{{/* Where the runbooks are, without a slash at the end. */}}
{{- define "holdfast.runbooks" -}}
{{- trimSuffix "/" .Values.prometheusRule.runbookBaseUrl -}}
{{- end -}}

{{/* A dashboard with its links to the runbooks. */}}
{{- define "holdfast.dashboard" -}}
{{- $runbooks := include "holdfast.runbooks" .root | toJson | trimPrefix "\"" | trimSuffix "\"" -}}
{{- toString .content | replace "https://holdfast.dev/runbooks/" (printf "%s/" $runbooks) -}}
{{- end -}}

{{/* Folder of the history: that of the configuration, or the one that this chart mounts. */}}
{{- define "holdfast.historyPath" -}}
{{- dig "history" "path" "" .Values.config | default "/var/lib/holdfast" -}}
{{- end -}}

{{/* A file of the chart as text. A missing one would be nothing, without an error. */}}
{{- define "holdfast.textFile" -}}
{{- $text := .root.Files.Get .path -}}
{{- if not $text -}}{{- fail (printf "%s is missing from the chart" .path) -}}{{- end -}}
{{- $text -}}
{{- end -}}

{{/* A file of the chart as YAML. `fromYaml` tells an error by a key: it must not pass for content. */}}
{{- define "holdfast.yamlFile" -}}
{{- $parsed := include "holdfast.textFile" . | fromYaml -}}
{{- if hasKey $parsed "Error" -}}{{- fail (printf "%s: %s" .path (get $parsed "Error")) -}}{{- end -}}
{{- toYaml $parsed -}}
{{- end -}}
