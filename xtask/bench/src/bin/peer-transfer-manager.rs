//! AWS's own transfer manager for Rust: unsigned, no checksum, parts of 8 MiB, 8 in flight, else as it comes.

use std::path::PathBuf;

use anyhow::{Context, Result};
use aws_sdk_s3::config::{Region, RequestChecksumCalculation};
use aws_sdk_s3_transfer_manager::{
    Client, Config,
    config::S3ClientConfig,
    io::InputStream,
    types::{ConcurrencyMode, PartSize},
};
use futures::{StreamExt, TryStreamExt, stream};
use upload_bench::{IN_FLIGHT, PART, Target};

fn main() -> Result<()> {
    let (target, files) = upload_bench::arguments()?;
    // Its work is done by threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = client(&target);
        let puts = stream::iter(files).map(|file| put(&client, &target, file));
        puts.buffer_unordered(IN_FLIGHT).try_collect().await
    })
}

fn client(target: &Target) -> Client {
    let s3 = aws_sdk_s3::Config::builder()
        .endpoint_url(&target.endpoint)
        .region(Region::from_static("us-east-1"))
        .force_path_style(true)
        .allow_no_auth()
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
    let config = Config::builder()
        .s3_config(S3ClientConfig::new(s3))
        .concurrency(ConcurrencyMode::Explicit(IN_FLIGHT))
        .part_size(PartSize::Target(PART))
        .multipart_threshold(PartSize::Target(PART));
    Client::new(config.build())
}

async fn put(client: &Client, target: &Target, file: PathBuf) -> Result<()> {
    let body = InputStream::from_path(&file)?;
    let upload = client.upload().bucket(&target.bucket).key(upload_bench::key(&file)?).body(body);
    upload.initiate()?.join().await.with_context(|| format!("{} was not uploaded", file.display()))?;
    Ok(())
}
