use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use upload_proto::Endpoint;
use upload_sandbox::{FaultAction, FaultRule, Operation};

use crate::{
    client::{Answer, Client, bytes, read},
    workbooks::{XLS, good, xlsx},
};

const XLSX_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn form(bytes: Vec<u8>, filename: &str, content_type: &str) -> Form {
    Form::new()
        .part("file", Part::bytes(bytes).file_name(filename.to_owned()).mime_str(content_type).unwrap())
}

impl Client {
    async fn media(&self, form: Form) -> Answer {
        read(self.api(Method::POST, "/media").multipart(form).send().await.unwrap()).await
    }

    async fn excel(&self, query: &str, form: Form) -> Answer {
        let path = format!("/v3/ingest/transaction_summary/from_excel{query}");
        read(self.api(Method::POST, &path).multipart(form).send().await.unwrap()).await
    }

    async fn events(&self, query: &str, form: Form) -> Answer {
        let url = format!("{}/events/bulk_upload{query}", self.sandbox.cr_url());
        let request = self.http.post(url).bearer_auth(self.sandbox.access_token());
        let request = request.header("X-Preferred-Partner-Id", self.sandbox.partner_id());
        read(request.multipart(form).send().await.unwrap()).await
    }

    /// How many files lie in the folder for them, listed or not.
    fn files_on_disk(&self) -> usize {
        std::fs::read_dir(self.sandbox.storage_dir().join("direct")).map_or(0, Iterator::count)
    }
}

#[tokio::test]
async fn media_is_kept_listed_and_served() {
    let client = Client::start().await;
    let image = bytes(3_000_000);
    let (status, asset) = client.media(form(image.clone(), "Plakat Ä b.jpg", "image/jpeg")).await;
    assert_eq!(status, 200, "{asset}");
    assert_eq!((&asset["type"], &asset["filename"]), (&json!("image"), &json!("Plakat Ä b.jpg")));
    let served = client.http.get(asset["url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(served.headers()["content-type"], "image/jpeg");
    assert_eq!(served.bytes().await.unwrap(), image);
    let files = client.sandbox.received_files();
    assert_eq!((files.len(), files[0].bytes, &*files[0].content_type), (1, 3_000_000, "image/jpeg"));
    assert_eq!(files[0].operation, Operation::Api(Endpoint::Media));
    assert_eq!(std::fs::read(&files[0].path).unwrap(), image);
    let entry = &client.sandbox.log()[0];
    assert!(entry.bytes > 3_000_000 && entry.path == "/api/media", "{entry:?}");
    let url = client.sandbox.api_url().replace("/api", "/_sandbox/files");
    let listed: Value = client.http.get(url).send().await.unwrap().json().await.unwrap();
    assert_eq!((&listed[0]["operation"], &listed[0]["bytes"]), (&json!("media"), &json!(3_000_000)));
    client.stop().await;
}

#[tokio::test]
async fn a_form_that_is_not_one_file_is_refused_and_leaves_nothing() {
    let client = Client::start().await;
    let good = || Part::bytes(b"x".to_vec()).file_name("a.jpg");
    for (form, status, words) in [
        (Form::new(), 422, "incomplete"),
        (Form::new().part("image", good()), 422, "unknown field 'image'"),
        (Form::new().part("file", good()).part("file", good()), 422, "more than one"),
        (Form::new().part("file", good()).text("note", "x"), 422, "unknown field 'note'"),
        (Form::new().text("file", "x"), 422, "no filename"),
        (Form::new().part("file", Part::bytes(b"x".to_vec()).file_name("../a")), 422, "folder"),
        (Form::new().part("file", Part::bytes(Vec::new()).file_name("a.jpg")), 422, "empty"),
        (Form::new().part("file", Part::bytes(vec![0; 50_000_001]).file_name("a")), 413, "50000000"),
    ] {
        let (answered, body) = client.media(form).await;
        assert_eq!(answered, status, "{body}");
        assert!(body["message"].as_str().unwrap().contains(words), "{body}");
    }
    assert_eq!((client.files_on_disk(), client.sandbox.received_files().len()), (0, 0));
    let not_a_form = client.api(Method::POST, "/media").body("x").send().await.unwrap();
    assert_eq!(read(not_a_form).await.0, 415);
    client.stop().await;
}

#[tokio::test]
async fn a_body_sent_in_chunks_is_refused_by_name() {
    let client = Client::start().await;
    let stream = futures_stream(vec![b"x".to_vec()]);
    let part = Part::stream(reqwest::Body::wrap_stream(stream)).file_name("a.jpg");
    let (status, body) = client.media(Form::new().part("file", part)).await;
    assert_eq!((status.as_u16(), &body["error_code"]), (411, &json!("CHUNKED_BODY")));
    client.stop().await;
}

/// A body whose length nobody knows.
fn futures_stream(
    chunks: Vec<Vec<u8>>,
) -> impl futures::Stream<Item = Result<Vec<u8>, std::io::Error>> + Send + 'static {
    futures::stream::iter(chunks.into_iter().map(Ok))
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let client = Client::start().await;
    let rule = FaultRule::always(Operation::Api(Endpoint::Media), FaultAction::Reset { after: 100_000 });
    client.sandbox.add_fault(rule.times(1));
    let request = client.api(Method::POST, "/media").multipart(form(bytes(9_000_000), "a.jpg", "image/jpeg"));
    assert!(request.send().await.is_err());
    let broken = &client.sandbox.log()[0];
    assert!(broken.bytes >= 100_000 && broken.bytes < 9_000_000, "{broken:?}");
    assert_eq!(client.files_on_disk(), 0);
    client.stop().await;
}

#[tokio::test]
async fn a_sales_workbook_is_taken_with_its_event() {
    let client = Client::start().await;
    let (status, answer) = client.excel("?eid=a%2Fb%20c", form(good(), "s.xlsx", XLSX_TYPE)).await;
    assert_eq!((status.as_u16(), &answer["rows"]), (200, &json!(2)), "{answer}");
    let file = client.sandbox.received_files().remove(0);
    assert_eq!((file.parameter.as_deref(), &*file.filename), (Some("a/b c"), "s.xlsx"));
    assert_eq!(std::fs::read(file.path).unwrap(), good());
    client.stop().await;
}

#[tokio::test]
async fn what_is_no_sales_workbook_is_refused_by_its_content() {
    let client = Client::start().await;
    let no_rows = xlsx(&[&["eid"]]);
    let empty = xlsx(&[]);
    for (bytes, filename, code) in [
        (b"%PDF-1.7\n".to_vec(), "s.xlsx", "NOT_A_WORKBOOK"),
        (b"PK\x03\x04 and nothing more".to_vec(), "s.xlsx", "BROKEN_WORKBOOK"),
        (good(), "s.xls", "WRONG_EXTENSION"),
        (XLS.to_vec(), "s.xls", "NOT_XLSX"),
        (no_rows, "s.xlsx", "NO_ROWS"),
        (empty, "s.xlsx", "NO_HEADER"),
    ] {
        let (status, answer) = client.excel("?eid=e1", form(bytes, filename, XLSX_TYPE)).await;
        assert_eq!(status, 422);
        assert_eq!(answer["validation_errors"][0]["code"], code, "{answer}");
    }
    for query in ["", "?eid=", "?eid=1&eid=2", "?eid=1&x=2"] {
        assert_eq!(client.excel(query, form(good(), "s.xlsx", XLSX_TYPE)).await.0, 422, "{query}");
    }
    assert_eq!(client.files_on_disk(), 0);
    client.stop().await;
}

#[tokio::test]
async fn bad_rows_of_a_sales_workbook_are_named_with_row_and_column() {
    let client = Client::start().await;
    let rows = xlsx(&[&["eid", "Event Date"], &["e1", "@2026-06-01"], &["", "soon"]]);
    let (status, answer) = client.excel("?eid=e1", form(rows, "s.xlsx", XLSX_TYPE)).await;
    assert_eq!(status, 422);
    let errors = json!([
        { "code": "MISSING_VALUE", "column": "eid", "message": "this must not be empty", "row": 3 },
        { "code": "INVALID_DATE", "column": "event_date", "message": "this is no date", "row": 3 },
    ]);
    assert_eq!(answer["validation_errors"], errors);
    assert_eq!(client.files_on_disk(), 0);
    client.stop().await;
}

#[tokio::test]
async fn an_event_workbook_answers_200_for_success_and_for_row_errors() {
    let client = Client::start().await;
    let (status, answer) = client.events("?event_type=prisma", form(good(), "e.xlsx", XLSX_TYPE)).await;
    assert_eq!((status.as_u16(), answer), (200, json!([400, []])));
    let file = client.sandbox.received_files().remove(0);
    assert_eq!(file.parameter.as_deref(), Some("prisma"));
    let rows = xlsx(&[&["eid", "date"], &["", "soon"]]);
    let (status, answer) = client.events("?event_type=fdlive", form(rows, "e.xlsx", XLSX_TYPE)).await;
    let errors = json!([400, [{ "errCode": "ROW_2_NO_EID" }, { "errCode": "ROW_2_INVALID_DATE" }]]);
    assert_eq!((status.as_u16(), answer), (200, errors));
    let xls = form(XLS.to_vec(), "e.xls", "application/vnd.ms-excel");
    let (status, answer) = client.events("?event_type=fdlive", xls).await;
    assert_eq!((status.as_u16(), answer), (200, json!([400, [{ "errCode": "ROW_3_INVALID_DATE" }]])));
    let no_rows = form(xlsx(&[&["eid"]]), "e.xlsx", XLSX_TYPE);
    let (status, answer) = client.events("?event_type=fdlive", no_rows).await;
    assert_eq!((status.as_u16(), answer), (200, json!({ "detail": [{ "name": "NO_ROWS" }] })));
    assert_eq!(client.sandbox.received_files().len(), 1, "only what was accepted is kept");
    client.stop().await;
}

#[tokio::test]
async fn the_cr_api_refuses_in_its_own_dialect() {
    let client = Client::start().await;
    let pdf = b"%PDF-1.7".to_vec();
    for (query, form, status, code) in [
        ("?event_type=opera", form(good(), "e.xlsx", XLSX_TYPE), 422, "VALIDATION_ERROR"),
        ("?event_type=prisma", form(pdf, "e.xlsx", XLSX_TYPE), 422, "NOT_A_WORKBOOK"),
        ("?event_type=prisma", form(good(), "e.xlsx", "text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    ] {
        let (answered, answer) = client.events(query, form).await;
        assert_eq!((answered.as_u16(), &answer["detail"][0]["type"]), (status, &json!(code)), "{answer}");
    }
    assert_eq!(client.sandbox.log()[0].error_code.as_deref(), Some("VALIDATION_ERROR"));
    client.stop().await;
}

#[tokio::test]
async fn an_answer_put_down_beforehand_is_given_once_and_to_the_letter() {
    let client = Client::start().await;
    let events = Operation::Api(Endpoint::EventsBulkUpload);
    client.sandbox.answer_next(events, 200, r#"[400, [{"errCode":"ROW_3_INVALID_DATE"}]]"#);
    client.sandbox.answer_next(events, 200, r#"{"validation_errors":[{"code":"X"}]}"#);
    let answer = async || client.events("?event_type=prisma", form(good(), "e.xlsx", XLSX_TYPE)).await.1;
    assert_eq!(answer().await, json!([400, [{ "errCode": "ROW_3_INVALID_DATE" }]]));
    assert_eq!(answer().await, json!({ "validation_errors": [{ "code": "X" }] }));
    assert_eq!(answer().await, json!([400, []]));
    assert_eq!(client.sandbox.received_files().len(), 1);
    let faults: Vec<_> = client.sandbox.log().iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [Some("answer"), Some("answer"), None]);
    client.stop().await;
}
