{{/* Name of every object of the release. */}}
{{- define "holdfast.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Name of the cluster-scoped objects: two releases of one name in two namespaces must not share one. */}}
{{- define "holdfast.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "holdfast.fullname" .) -}}
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
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "holdfast.labels" -}}
{{- $own := dict "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service -}}
{{- toYaml (mergeOverwrite (deepCopy .Values.commonLabels) $own (include "holdfast.selectorLabels" . | fromYaml)) -}}
{{- end -}}

{{- define "holdfast.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Something where kubelets are asked for usage: unless they are switched off, and only of a whole cluster. */}}
{{- define "holdfast.asksKubelets" -}}
{{- if and (dig "usage" "kubelet" "enabled" true .Values.config) (empty .Values.config.namespaces) -}}
yes
{{- end -}}
{{- end -}}

{{/* Folder of the history: that of the configuration, or the one that this chart mounts. */}}
{{- define "holdfast.historyPath" -}}
{{- dig "history" "path" "" .Values.config | default "/var/lib/holdfast" -}}
{{- end -}}

{{/* A file of the chart as YAML. `fromYaml` tells an error by a key and a missing file by nothing: both must not pass for content. */}}
{{- define "holdfast.yamlFile" -}}
{{- $text := .root.Files.Get .path -}}
{{- if not $text -}}{{- fail (printf "%s is missing from the chart" .path) -}}{{- end -}}
{{- $parsed := fromYaml $text -}}
{{- if hasKey $parsed "Error" -}}{{- fail (printf "%s: %s" .path (get $parsed "Error")) -}}{{- end -}}
{{- toYaml $parsed -}}
{{- end -}}
