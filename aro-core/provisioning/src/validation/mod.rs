//! Dynamic validation: what must be true in the customer's subscription before a cluster is made or changed.
//!
//! [`Facts`] are gathered from Azure by [`Sources::gather`]; [`evaluate`] is pure and judges a cluster by them. It collects
//! every [`Finding`] instead of ending at the first, so that one failed attempt tells the customer all there is to mend.
//! Before a new cluster is even accepted, [`Region::facts`] and [`evaluate_region`] do the same for what needs no more than
//! its subscription and region.
//!
//! ```text
//! cluster ──► Sources::gather ──► Facts ─┬─► evaluate ─────────► Findings ──► CloudError (details: one for each)
//!              Region::facts ──► Facts ──┼─► evaluate_region ──► Findings
//!                                cluster ┘
//! ```
//!
//! Rules by file: who the service principal is (`credentials`), the set of identities and whom they trust (`identities`),
//! permissions (`permissions`, the table in `required`), the network (`network`), disk encryption (`encryption`), machine
//! sizes and zones (`machines`), quotas and outbound ports (`quota`), providers and the domain (`subscription`).

mod facts;
mod fetch;
mod finding;
mod region;
mod required;
mod rules;

pub use facts::{Access, Facts, IdentityFacts, MachineSize, Made, PrincipalClaims, Provider};
pub(crate) use fetch::control_plane_zones;
pub use fetch::{Sources, platform_principals};
pub use finding::{Finding, Findings};
pub use region::Region;
pub use required::{Principal, ResourceKind, required_actions};
pub use rules::{evaluate, evaluate_region, zones};
