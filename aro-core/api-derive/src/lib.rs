//! The derive macro behind the annotated resource model of aro-api.
