use std::path::Path;

use upload_e2e::World;
use upload_sandbox::SandboxConfig;

/// The README's first command: nothing configured, one file, and where it lies.
#[tokio::test]
async fn the_readmes_first_command_uploads_validates_and_says_where_the_object_lies() {
    let world = World::new(SandboxConfig::default()).await;
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/audience.csv");
    let sample = sample.to_str().unwrap();
    let mut command = world.upload();
    for name in ["FD_BASE_URL", "FD_CR_URL", "FD_ACCESS_TOKEN", "FD_PARTNER_ID"] {
        command.env_remove(name);
    }
    command.args(["--sandbox", "--output", "json", "put", sample, "--type", "audience_csv"]);
    let finished = upload_e2e::Running::start(&mut command).finish().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let result = finished.result();
    assert_eq!(result["status"], "completed");
    assert_eq!(result["validation"]["valid"], true);
    let stored = std::fs::read(result["sandbox_file"].as_str().unwrap()).unwrap();
    assert_eq!(stored, std::fs::read(sample).unwrap());
    assert!(world.log().is_empty(), "it must use a sandbox of its own");
}

#[tokio::test]
async fn people_read_one_line_a_file_that_names_the_object_key() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("people.csv", b"id,name\n1,Ada\n");
    let finished = world.run(["put", file.to_str().unwrap(), "--type", "audience_csv"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stdout.lines().count(), 1, "{finished:?}");
    assert!(finished.stdout.contains("people.csv") && finished.stdout.contains("valid"), "{finished:?}");
}
