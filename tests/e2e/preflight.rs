//! CSVs that would be refused are not sent.

use upload_e2e::World;
use upload_sandbox::SandboxConfig;

#[tokio::test(flavor = "multi_thread")]
async fn a_csv_that_would_be_refused_is_not_sent_and_every_finding_names_its_place() {
    for (content, code, line, words) in [
        (&b""[..], None, None, "empty"),
        (b"id,name\n1,Ad\0a\n", Some("NUL_BYTE"), Some(2), "byte 5 of line 2"),
        (b"id,name\n1,Andr\xE9\n", Some("NOT_UTF8"), Some(2), "'é'"),
        (b"id,name\n1,Ada\n2\n", Some("ROW_WIDTH"), Some(3), "line 3 has 1 field(s), the header has 2"),
        (b"id,id\n1,2\n", Some("DUPLICATE_NAME"), Some(1), "'id'"),
        (b"id,\n1,2\n", Some("EMPTY_NAME"), Some(1), "column 2"),
    ] {
        let world = World::new(SandboxConfig::default()).await;
        let file = world.file("a.csv", content);
        let other = world.file("good.csv", b"id,name\n1,Ada\n");
        let (file, other) = (file.to_str().unwrap(), other.to_str().unwrap());
        let finished = world.run(["--output", "json", "put", file, other, "--type", "audience_csv"]).await;
        assert_eq!(finished.code, Some(if code.is_some() { 3 } else { 6 }), "{finished:?}");
        assert!(world.log().is_empty(), "nothing may be sent: {:?}", world.log());
        let results = finished.events_named("result");
        assert_eq!((&results[0]["status"], &results[1]["status"]), (&"failed".into(), &"skipped".into()));
        if let Some(code) = code {
            let finding = &results[0]["validation"]["errors"][0];
            assert_eq!((&finding["code"], finding["line"].as_u64()), (&code.into(), line), "{finished:?}");
        }
        assert!(finished.all_output().contains(words), "{words}: {finished:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_no_fault_and_expected_columns_have_to_be_there() {
    let world = World::new(SandboxConfig::default()).await;
    let file = world.file("bom.csv", b"\xEF\xBB\xBFid,name\r\n1,Ada\r\n");
    let file = file.to_str().unwrap();
    let put = ["--output", "json", "put", file, "--type", "audience_csv", "--expect-columns"];
    let finished = world.run(put.iter().chain(&["id,email"])).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert_eq!(finished.result()["validation"]["errors"][0]["column"], "email");
    assert!(world.log().is_empty());
    assert_eq!(world.run(put.iter().chain(&["id,name"])).await.code, Some(0));
}
