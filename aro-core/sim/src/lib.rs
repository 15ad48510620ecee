//! A local Azure and a local OpenShift, served over HTTP.
//!
//! [`World::start`] brings up Azure Resource Manager, Entra ID, Microsoft Graph and the data planes on https
//! listeners of this machine, with a certificate authority of its own. It keeps state, takes time, refuses what Azure
//! refuses and misbehaves on request ([`FaultRule`]). It is written from the description of Azure and shares no parser
//! with the resource provider it serves.

mod arm;
mod bells;
mod call;
mod clock;
mod config;
mod directory;
mod endpoints;
mod entra;
mod faults;
mod filter;
mod hive;
mod inspect;
mod installation;
mod journal;
mod listener;
mod openshift;
mod pace;
mod pki;
mod planes;
mod proxy;
mod seed;
mod shared;
mod state;
mod world;

pub use config::{Ports, WorldConfig};
pub use endpoints::{ClusterNetwork, Endpoints, FirstParty, ServicePrincipal};
pub use faults::{Effect, FaultRule, FaultStatus, Match};
pub use hive::failures::InstallFailure;
pub use inspect::calls::CallRecord;
pub use openshift::events::Event;
pub use pace::Pace;
pub use pki::CertificateForm;
pub use seed::{FIRST_PARTY_APP_ID, LOCATION};
pub use world::{StartError, World};
