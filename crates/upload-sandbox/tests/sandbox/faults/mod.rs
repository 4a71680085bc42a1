//! Each action of each rule, by raw requests.

mod answers;
mod connections;
mod etags;
mod refusals;

use upload_sandbox::{Sandbox, SandboxConfig, SandboxError};

use crate::client::Client;

impl Client {
    /// Adds a fault in its text form.
    pub(crate) fn fault(&self, spec: &str) {
        self.sandbox.add_fault(spec.parse().unwrap());
    }

    /// The faults in the log, one for each request.
    pub(crate) fn faults(&self) -> Vec<Option<&'static str>> {
        self.sandbox.log().iter().map(|entry| entry.fault).collect()
    }
}

#[tokio::test]
async fn a_rule_that_makes_no_sense_keeps_a_sandbox_from_starting_and_has_no_effect_on_a_running_one() {
    let senseless = upload_sandbox::FaultRule::always(
        upload_sandbox::Operation::INITIATE,
        upload_sandbox::FaultAction::Expire,
    );
    let config = SandboxConfig { faults: vec![senseless.clone()], ..SandboxConfig::default() };
    let error = Sandbox::start(config).await.unwrap_err();
    assert!(matches!(error, SandboxError::Fault(_)) && error.to_string().contains("initiate"), "{error}");

    let client = Client::start().await;
    client.sandbox.add_fault(senseless);
    client.initiate(1, 1).await;
    assert_eq!(client.faults(), [None]);
    client.stop().await;
}
