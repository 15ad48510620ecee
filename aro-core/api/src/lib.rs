//! Resource model, API versions, merge, validation and errors of Microsoft.RedHatOpenShift.
