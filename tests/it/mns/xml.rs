//! Bodies: tolerant where the service differs, deaf to attacks, faithful to every character.

use proptest::prelude::*;
use vodcb::credential::Credential;
use vodcb::mns::message::{Message, body_md5};
use vodcb::mns::signer::{self, Headers, Request};
use vodcb::mns::xml as bodies;
use vodcb::secret::Secret;
use vodcb::xml::{Writer, parse};

/// The sample of the manual, with a namespace.
const MESSAGE: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<Message xmlns="http://mns.aliyuncs.com/doc/v1/">
  <MessageId>5F290C926D472878-2-14D9529A8FA-200000001</MessageId>
  <ReceiptHandle>1-ODU4OTkzNDU5My0xNDMyNzI1MjI3LTItOA==</ReceiptHandle>
  <MessageBodyMD5>0CC175B9C0F1B6A831C399E269772661</MessageBodyMD5>
  <MessageBody>a</MessageBody>
  <EnqueueTime>1250700979248</EnqueueTime>
  <NextVisibleTime>1250700799348</NextVisibleTime>
  <FirstDequeueTime>1250700779318</FirstDequeueTime>
  <DequeueCount>1</DequeueCount>
  <Priority>8</Priority>
</Message>"#;

#[test]
fn the_sample_of_the_manual() {
    let read = bodies::read_messages(&parse(MESSAGE).unwrap()).unwrap();
    let [message] = &read[..] else {
        panic!("{read:?}")
    };
    assert!(message.is_intact());
    assert_eq!(
        message.receipt_handle.as_deref(),
        Some("1-ODU4OTkzNDU5My0xNDMyNzI1MjI3LTItOA==")
    );
    assert_eq!(
        message.enqueued.unwrap().as_millisecond(),
        1_250_700_979_248
    );
    assert_eq!(
        message.next_visible.unwrap().as_millisecond(),
        1_250_700_799_348
    );
    let damaged = Message {
        body: "b".into(),
        ..message.clone()
    };
    assert!(!damaged.is_intact());
}

/// The checksum is of the bytes as they are stored, so no end of line is made another one.
#[test]
fn a_body_with_a_raw_carriage_return_is_what_its_checksum_is_of() {
    // MD5 of `a\r\nb\rc`, by md5sum.
    let text = "<Message><MessageId>1</MessageId><MessageBody>a\r\nb\rc</MessageBody>\
        <MessageBodyMD5>080EA8AFD730CE00F5BD226F8D2B1BAE</MessageBodyMD5></Message>";
    let raw = &bodies::read_messages(&parse(text).unwrap()).unwrap()[0];
    assert_eq!(raw.body, "a\r\nb\rc");
    assert!(raw.is_intact());
    let quoted = text.replace("a\r\nb\rc", "<![CDATA[a\r\nb]]>&#13;c");
    let quoted = &bodies::read_messages(&parse(&quoted).unwrap()).unwrap()[0];
    assert_eq!(raw, quoted);
}

#[test]
fn a_body_without_a_checksum_counts_as_intact() {
    for absent in ["", "<MessageBodyMD5/>"] {
        let text = format!(
            "<Message><MessageId>1</MessageId>{absent}<MessageBody>a</MessageBody></Message>"
        );
        assert!(bodies::read_messages(&parse(&text).unwrap()).unwrap()[0].is_intact());
    }
}

#[test]
fn order_prefixes_and_unknown_elements_do_not_matter() {
    let same = r#"<m:Messages xmlns:m="other" odd="1"><!-- c --><m:New><m:MessageId>no</m:MessageId></m:New>
        <m:Message><m:Priority>8</m:Priority><m:UserProperties><x/></m:UserProperties><m:DequeueCount> 1 </m:DequeueCount>
        <m:MessageBody><![CDATA[a]]></m:MessageBody><m:MessageBodyMD5>0cc175b9c0f1b6a831c399e269772661</m:MessageBodyMD5>
        <m:FirstDequeueTime>1250700779318</m:FirstDequeueTime><m:NextVisibleTime>1250700799348</m:NextVisibleTime>
        <m:EnqueueTime>1250700979248</m:EnqueueTime><m:ReceiptHandle>1-ODU4OTkzNDU5My0xNDMyNzI1MjI3LTItOA==</m:ReceiptHandle>
        <m:MessageId>5F290C926D472878-2-14D9529A8FA-200000001</m:MessageId></m:Message></m:Messages>"#;
    let mut read = bodies::read_messages(&parse(same).unwrap()).unwrap();
    assert!(read[0].is_intact());
    read[0].body_md5.make_ascii_uppercase();
    assert_eq!(
        read,
        bodies::read_messages(&parse(MESSAGE).unwrap()).unwrap()
    );
}

#[test]
fn errors_are_read_with_everything_they_tell() {
    let text = "<Error xmlns=\"http://mns.aliyuncs.com/doc/v1\"><HostId>http://h</HostId><RequestId>R</RequestId>\
        <Message>a &amp; b</Message><Code>QueueNotExist</Code></Error>";
    let error = bodies::read_error(404, &parse(text).unwrap()).unwrap();
    assert_eq!(
        (error.status, error.code.as_str(), error.message.as_str()),
        (404, "QueueNotExist", "a & b")
    );
    assert_eq!(error.request_id.as_deref(), Some("R"));
    for none in [
        "<Error/>",
        "<Error><Code> </Code></Error>",
        "<Err><Code>a</Code></Err>",
    ] {
        assert_eq!(
            bodies::read_error(404, &parse(none).unwrap()),
            None,
            "{none}"
        );
    }
}

#[test]
fn requests_are_written_as_the_clients_write_them() {
    // The body of the vector mns-batchdelete, made with the official client.
    let expected = "<?xml version=\"1.0\" encoding=\"utf-8\"?><ReceiptHandles xmlns=\"http://mns.aliyuncs.com/doc/v1/\">\
        <ReceiptHandle>1-AAA=-1</ReceiptHandle><ReceiptHandle>1-BBB=-2</ReceiptHandle></ReceiptHandles>";
    assert_eq!(
        bodies::write_receipt_handles(&["1-AAA=-1", "1-BBB=-2"]),
        expected
    );
}

#[test]
fn hostile_documents_are_errors() {
    let deep = "<a>".repeat(100_000);
    let wide = format!("<a>{}</a>", "<b/>".repeat(50_000));
    let closed = format!("{}{}", "<a>".repeat(33), "</a>".repeat(33));
    let entities = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;&b;\">]><a>&c;</a>";
    let external = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    for text in [
        "",
        " ",
        "a",
        "{}",
        "<",
        "<a",
        "<a>",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>b",
        "b<a/>",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a>&#1;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#xD800;</a>",
        "<a>&#99999999999;</a>",
        "<a>\u{0}</a>",
        "<a>\u{1B}[31m</a>",
        "<!-- ",
        "<![CDATA[",
        "<?",
        "<a b='></a>",
        "&amp;",
        "\u{FEFF}",
        entities,
        external,
        &deep,
        &closed,
        &wide,
    ] {
        assert!(parse(text).is_err(), "{text:.60}");
    }
    let fits = format!("{}{}", "<a>".repeat(32), "</a>".repeat(32));
    assert!(parse(&fits).is_ok());
    assert!(parse("\u{FEFF}<a/> <!-- b --> ").is_ok());
}

#[test]
fn a_large_document_is_read() {
    let body = "事".repeat(20_000);
    let one =
        format!("<Message><MessageId>1</MessageId><MessageBody>{body}</MessageBody></Message>");
    let text = format!("<Messages>{}</Messages>", one.repeat(100));
    let read = bodies::read_messages(&parse(&text).unwrap()).unwrap();
    assert_eq!((read.len(), read[99].body.len()), (100, 60_000));
}

/// Text with everything that XML or a terminal treats specially.
fn text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "<",
        ">",
        "&",
        "&amp;",
        "]]>",
        "<![CDATA[",
        "\"",
        "'",
        "\r",
        "\n",
        "\r\n",
        "\t",
        " ",
        "视频",
        "🎬",
        "\u{0}",
        "\u{1}",
        "\u{7F}",
        "\u{85}",
        "\u{2028}",
        "\u{FFFD}",
        "\u{FFFE}",
        "\u{FEFF}",
        "e\u{301}",
        "&#10;",
        "<!--",
        "=",
    ]);
    let part = prop_oneof![
        special.prop_map(str::to_owned),
        ".{0,4}",
        any::<char>().prop_map(String::from)
    ];
    prop::collection::vec(part, 1..12).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_body_that_xml_can_hold_comes_back(body in text()) {
        let body: String = body.chars().filter(|c| vodcb::xml::is_allowed(*c)).collect();
        let answer = Writer::document("Message", "", |writer| {
            writer.text("MessageId", 1);
            writer.text("MessageBody", &body);
            writer.text("MessageBodyMD5", body_md5(&body));
        });
        let read = bodies::read_messages(&parse(&answer).unwrap()).unwrap();
        prop_assert_eq!(&read[0].body, &body);
        prop_assert!(read[0].is_intact());
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "(<[/!?]?[a-z]{0,3}>?|&[#a-z0-9]{0,4};|.{0,3}|\\PC){0,20}") {
        if let Ok(root) = parse(&text) {
            let _ = bodies::read_messages(&root);
            let _ = bodies::read_status(&root);
            let _ = bodies::read_page(&root);
            let _ = bodies::read_error(500, &root);
        }
    }

    #[test]
    fn what_is_signed_is_the_request_line_as_it_is(handle in "[A-Za-z0-9+/=-]{1,40}", token in "[!-~]{1,40}") {
        let resource = format!("/queues/q/messages?ReceiptHandle={}", vodcb::openapi::encode(&handle));
        let credential = |token: &str| Credential {
            access_key_id: "id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new(token)),
        };
        let sign = |token: &str| signer::sign("DELETE", &resource, Headers::new(), "D", &credential(token));
        let signed = sign(&token);
        prop_assert!(signed.string_to_sign.ends_with(&resource));
        // The token travels beside the signature.
        prop_assert_eq!(&signed.headers["authorization"], &sign("other").headers["authorization"]);
        let again = signer::string_to_sign(Request { method: "DELETE", resource: &resource, headers: &signed.headers });
        prop_assert_eq!(again, signed.string_to_sign);
    }
}
