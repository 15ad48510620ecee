//! The libraries of the Azure Red Hat OpenShift resource provider behind one name.
