//! Misbehaviour on request: what happens ([`FaultAction`]), when ([`FaultRule`]), and both in text (`spec`).

mod action;
mod code;
mod fit;
mod in_force;
mod probability;
mod rule;
mod spec;

pub use action::{Close, EtagFault, FaultAction};
pub use code::ErrorCode;
pub(crate) use in_force::Faults;
pub use probability::Probability;
pub use rule::FaultRule;
pub use spec::FaultSpecError;
