//! object_store as a user would set it up for a 2 GiB file: unsigned, parts of 8 MiB, 8 in flight.

use std::{os::unix::fs::FileExt, path::PathBuf};

use anyhow::Result;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{
    ClientOptions, MultipartUpload, ObjectStoreExt, PutPayload,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use upload_bench::{IN_FLIGHT, PART, Part, Parts};

fn main() -> Result<()> {
    let (target, files) = upload_bench::arguments()?;
    let store = AmazonS3Builder::new()
        .with_endpoint(&target.endpoint)
        .with_bucket_name(&target.bucket)
        .with_region("us-east-1")
        .with_allow_http(true)
        .with_skip_signature(true)
        // The default ends a request after 30 seconds, which slow links need.
        .with_client_options(ClientOptions::new().with_allow_http(true).with_timeout_disabled())
        .build()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Files small enough go in one PUT each, all parts of larger ones through the same window.
    runtime.block_on(async {
        let at_once = if files.len() > IN_FLIGHT { IN_FLIGHT } else { files.len() };
        let each = IN_FLIGHT / at_once;
        stream::iter(files).map(|file| put(&store, file, each)).buffer_unordered(at_once).try_collect().await
    })
}

async fn put(store: &AmazonS3, file: PathBuf, in_flight: usize) -> Result<()> {
    let location = Path::from(upload_bench::key(&file)?);
    let len = std::fs::metadata(&file)?.len();
    let parts = Parts::new(vec![file], PART);
    if len <= PART {
        if let Some(part) = parts.next()? {
            store.put(&location, read(part).await?).await?;
        }
        return Ok(());
    }
    let mut upload = store.put_multipart(&location).await?;
    let sent = send(&mut *upload, &parts, in_flight).await;
    if sent.is_err() {
        upload.abort().await?;
    }
    sent?;
    upload.complete().await?;
    Ok(())
}

async fn send(upload: &mut dyn MultipartUpload, parts: &Parts, in_flight: usize) -> Result<()> {
    let all = stream::try_unfold((), |()| async { Ok(parts.next()?.map(|part| (part, ()))) });
    // Parts are numbered in the order in which they are given out.
    let all = all.and_then(read).map_ok(|payload| {
        let put = upload.put_part(payload);
        async move { Ok::<_, anyhow::Error>(put.await?) }
    });
    all.try_buffer_unordered(in_flight).try_collect().await
}

async fn read(part: Part) -> Result<PutPayload> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = vec![0; usize::try_from(part.end - part.offset)?];
        part.file.read_exact_at(&mut bytes, part.offset)?;
        anyhow::Ok(bytes.into())
    });
    reading.await?
}
