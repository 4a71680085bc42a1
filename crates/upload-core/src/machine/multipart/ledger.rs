use upload_proto::{AbortRequest, CompleteRequest, CompletedPart, ETag, PartNumber, PresignedUrl};

use crate::{Checkpoint, Plan};

/// What is known of an open upload: where its parts go and which are stored. It is the checkpoint, at work.
#[derive(Debug)]
pub(super) struct Ledger(Box<Checkpoint>);

impl Ledger {
    pub(super) fn new(checkpoint: Checkpoint) -> Self {
        Self(Box::new(checkpoint))
    }

    pub(super) fn plan(&self) -> Plan {
        self.0.plan
    }

    pub(super) fn url(&self, part: PartNumber) -> Option<&PresignedUrl> {
        self.0.urls.get(part.index())
    }

    pub(super) fn record(&mut self, part: PartNumber, etag: ETag) {
        if let Some(slot) = self.0.etags.get_mut(part.index()) {
            *slot = Some(etag);
        }
    }

    /// Notes that complete is about to be sent; answers whether it may have been sent before.
    pub(super) fn mark_completing(&mut self) -> bool {
        std::mem::replace(&mut self.0.completing, true)
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = PartNumber> + '_ {
        let parts = self.0.plan.part_numbers();
        parts.filter(|part| self.0.etags.get(part.index()).is_none_or(Option::is_none))
    }

    /// Every stored part once, ascending: the ledger has one place a part, in order.
    pub(super) fn complete_request(&self) -> CompleteRequest {
        let stored = self.0.plan.part_numbers().zip(&self.0.etags);
        let parts = stored
            .filter_map(|(part_number, etag)| Some(CompletedPart { part_number, etag: etag.clone()? }))
            .collect();
        CompleteRequest { upload_id: self.0.upload_id.clone(), object_key: self.0.object_key.clone(), parts }
    }

    pub(super) fn abort_request(&self) -> AbortRequest {
        AbortRequest { upload_id: self.0.upload_id.clone(), object_key: self.0.object_key.clone() }
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.0
    }

    pub(super) fn into_checkpoint(self) -> Box<Checkpoint> {
        self.0
    }
}
