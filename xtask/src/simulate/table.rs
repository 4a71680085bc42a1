//! The safeguards that are taken out.

/// A change that takes one out.
pub(super) struct Planted {
    pub(super) name: &'static str,
    /// From the workspace's root.
    pub(super) file: &'static str,
    /// What stands there once.
    pub(super) original: &'static str,
    pub(super) mutated: &'static str,
}

pub(super) const PLANTED: &[Planted] = &[
    Planted {
        name: "the upload id is not synced",
        file: "crates/upload-core/src/journal/writing.rs",
        original: "Self::Opened(_) | Self::Completing => Durability::Now,",
        mutated: "Self::Completing => Durability::Now,\n            Self::Opened(_) => Durability::Sometime,",
    },
    Planted {
        name: "stored parts are never synced",
        file: "crates/upload-core/src/journal/writing.rs",
        original: "Self::Part { .. } => Durability::Soon,",
        mutated: "Self::Part { .. } => Durability::Sometime,",
    },
    Planted {
        name: "that complete is about to be sent is not written down",
        file: "crates/upload-core/src/journal/writing.rs",
        original: "Event::Completing => Some(Self::Completing),",
        mutated: "Event::Completing => None,",
    },
    Planted {
        name: "an upload whose abort failed is not remembered",
        file: "crates/upload-core/src/journal/writing.rs",
        original: "Remains::Kept(_) | Remains::LeftOpen { .. } | Remains::Unclear { .. } => None,",
        mutated: "Remains::LeftOpen { .. } => Some(Self::Aborted),\n                \
                  Remains::Kept(_) | Remains::Unclear { .. } => None,",
    },
    Planted {
        name: "a failed part counts as done",
        file: "crates/upload-core/src/machine/multipart/transferring.rs",
        original: "self.waiting.push(Reverse((until, part)));",
        mutated: "let _ = until;",
    },
    Planted {
        name: "the abort is forgotten",
        file: "crates/upload-core/src/machine/multipart/transferring.rs",
        original: "Err(failure) => Phase::abort_failed(self.stop(cx), failure, cx),",
        mutated: "Err(failure) => {\n                self.stop(cx);\n                \
                  cx.end(Outcome::Failed { failure, remains: Remains::Nothing });\n                \
                  Phase::Ended\n            }",
    },
    Planted {
        name: "complete is sent twice",
        file: "crates/upload-core/src/machine/multipart/completing.rs",
        original: "Phase::Validating(Validating::new(completed))",
        mutated: "Phase::complete(self.ledger, cx)",
    },
    Planted {
        name: "what may be an object is aborted",
        file: "crates/upload-core/src/machine/multipart/completing.rs",
        original: "kind.leaves_outcome_unknown() || kind == TransportErrorKind::Server",
        mutated: "kind.leaves_outcome_unknown() && false",
    },
    Planted {
        name: "a changed file is ignored",
        file: "crates/upload-core/src/journal/prospect.rs",
        original: "let sameness = then.compare(file);",
        mutated: "let _ = file;\n        let sameness = then.compare(then);",
    },
    Planted {
        name: "a file that was written to is not compared with its parts",
        file: "crates/upload-core/src/journal/prospect.rs",
        original: "if sameness == Sameness::Touched { Prospect::Compare } else { Prospect::Open }",
        mutated: "Prospect::Open",
    },
    Planted {
        name: "an upload without usable URLs is gone on with",
        file: "crates/upload-core/src/journal/prospect.rs",
        original: "if !self.checkpoint.is_whole() {",
        mutated: "if false {",
    },
    Planted {
        name: "a part that was altered on the way is taken",
        file: "crates/upload-core/src/integrity/mod.rs",
        original: "Some(sent) if sent == md5 => {",
        mutated: "Some(_) => {",
    },
    Planted {
        name: "parts in flight are not stopped for the abort",
        file: "crates/upload-core/src/machine/multipart/transferring.rs",
        original: "self.in_flight.into_keys().for_each(|id| cx.cancel(id));",
        mutated: "let _ = cx;",
    },
    Planted {
        name: "a failing request is tried for ever",
        file: "crates/upload-core/src/retry.rs",
        original: "if failures >= self.max_attempts || !error.kind.is_retryable() {",
        mutated: "if !error.kind.is_retryable() {",
    },
];
