//! A local Azure and a local OpenShift, served over HTTP.
