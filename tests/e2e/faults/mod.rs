//! What becomes of an upload when something goes wrong: each row of docs/reliability.md, with the PUTs of each part
//! counted.

mod api;
mod ending;
mod parts;
mod single;
mod straggler;

use serde_json::Value;
use upload_e2e::{Finished, World};
use upload_sandbox::{Mistake, SandboxConfig};

use crate::content::{MIB, noise};

/// The parts of the file that is sent: 5, 5 and 2 MiB.
pub(crate) const PARTS: u32 = 3;

/// Short enough not to wait for long, and long enough for a real store on a busy machine to answer a part in.
pub(crate) const SHORT_TIMEOUT: [&str; 2] = ["--timeout", "5s"];

/// One upload under faults, to its end.
pub(crate) struct Trial {
    pub(crate) world: World,
    pub(crate) finished: Finished,
    content: Vec<u8>,
}

impl Trial {
    /// `upload put` of a file in three parts, with these options, under these faults.
    pub(crate) async fn multipart(faults: &[&str], options: &[&str]) -> Self {
        let fixed = ["--type", "raw", "--part-size", "5MiB"];
        Self::run(faults, &[&fixed, options].concat()).await
    }

    /// `upload put` of the same file in one PUT, with these options, under these faults.
    pub(crate) async fn single(faults: &[&str], options: &[&str]) -> Self {
        Self::run(faults, &[&["--pattern", "single"], options].concat()).await
    }

    async fn run(faults: &[&str], options: &[&str]) -> Self {
        let faults = faults.iter().map(|spec| spec.parse().unwrap()).collect();
        let world = World::new(SandboxConfig { faults, ..SandboxConfig::default() }).await;
        let content = noise(12 * MIB);
        let file = world.file("a.bin", &content);
        let put = ["--output", "json", "put", file.to_str().unwrap()];
        let finished = world.run(put.iter().chain(options)).await;
        Self { world, finished, content }
    }

    pub(crate) fn result(&self) -> Value {
        self.finished.result()
    }

    /// How often each part was sent.
    pub(crate) fn puts(&self) -> [usize; PARTS as usize] {
        let log = self.world.log();
        [1, 2, 3].map(|part| log.iter().filter(|entry| entry.part_number == Some(part)).count())
    }

    /// How often an operation was asked for.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.world.operations().iter().filter(|name| *name == operation).count()
    }

    /// It is complete, the stored bytes are the file's, and nothing is left behind.
    #[track_caller]
    pub(crate) fn assert_completed(&self, why: &str) {
        assert_eq!(self.finished.code, Some(0), "{why}: {:?}", self.finished);
        let result = self.result();
        assert_eq!(result["status"], "completed", "{why}: {result}");
        let stored = self.world.stored(result["object_key"].as_str().unwrap());
        assert!(stored == self.content, "{why}: the stored bytes differ");
        self.assert_tidy(why);
    }

    /// It failed like this, and nothing is left behind.
    #[track_caller]
    pub(crate) fn assert_failed(&self, why: &str, code: i32, words: &[&str]) {
        assert_eq!(self.finished.code, Some(code), "{why}: {:?}", self.finished);
        let result = self.result();
        assert_eq!(result["status"], "failed", "{why}: {result}");
        let error = &result["error"];
        let message = error["message"].as_str().unwrap();
        for word in words {
            assert!(message.contains(word), "{why}: '{word}' is missing: {message}");
        }
        assert!(!error["hint"].as_str().unwrap_or_default().is_empty(), "{why}: no remedy is named: {error}");
        self.assert_tidy(why);
    }

    #[track_caller]
    fn assert_tidy(&self, why: &str) {
        assert_eq!(self.world.sandbox.open_uploads(), [], "{why}: an upload was left open");
        // A part whose client gave up while it was still in the sandbox's socket looks as if it came after the abort.
        let harmless = [None, Some(Mistake::UploadLeftOpen)];
        let log = self.world.log();
        let mistaken = log.iter().find(|entry| !harmless.contains(&entry.mistake));
        assert_eq!(mistaken, None, "{why}: a documented mistake");
    }
}
