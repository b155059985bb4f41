//! Whose rotation a file is: every account has an application of the same name at the same address.

use vodcb::change::rotation::{Place, Rotation};
use vodcb::context::Context;
use vodcb::credential::Credential;
use vodcb::credential::session::Session;
use vodcb::openapi::client::{Caller, Client};
use vodcb::secret::Secret;
use vodcb::target::{AppId, Endpoint, Region, Target};
use vodcb::vod::{Vod, wire};

const SHANGHAI: &str = "https://vod.cn-shanghai.aliyuncs.com";

/// VOD at this address, asked with this key.
fn vod(endpoint: &str, access_key_id: &str) -> Vod {
    let session = Session::fixed(Credential {
        access_key_id: access_key_id.into(),
        access_key_secret: Secret::new("secret"),
        security_token: None,
    });
    let caller = Caller::Somebody(Box::new(session));
    let endpoint = Endpoint::parse(endpoint, false).unwrap();
    Vod {
        client: Client::new("vod", wire::VERSION, endpoint, caller),
        emulated: false,
    }
}

fn place(ctx: &Context, access_key_id: &str, endpoint: &str, region: &str) -> Place {
    let target = Target {
        region: Region::parse(region).unwrap(),
        app_id: AppId::default(),
    };
    Place::of(ctx, &vod(endpoint, access_key_id), &target).unwrap()
}

fn rotation(old: &str, new: &str) -> Rotation {
    Rotation {
        begun: "2026-03-01T08:00:00Z".parse().unwrap(),
        old: Secret::new(old),
        new: Secret::new(new),
        switched: None,
    }
}

/// The new key of what was begun, as this place finds it beside the configured key.
fn found(ctx: &Context, place: &mut Place, configured: Option<&str>) -> Option<String> {
    let configured = configured.map(Secret::new);
    let rotation = place.load(ctx, configured.as_ref()).unwrap();
    rotation.map(|it| it.new.expose().to_owned())
}

#[test]
fn two_accounts_rotate_at_once_and_neither_touches_the_others_keys() {
    let home = tempfile::tempdir().unwrap();
    let ctx = crate::laws::context(home.path());
    let of = |id: &str| place(&ctx, id, SHANGHAI, "cn-shanghai");
    let (mut one, mut other) = (of("LTAI5tAccountOne001"), of("LTAI5tAccountTwo002"));
    one.save(&rotation("OldOne1", "NewOne1")).unwrap();
    assert_eq!(found(&ctx, &mut other, Some("OldTwo2")), None);
    assert_eq!(found(&ctx, &mut other, None), None);
    other.forget().unwrap();
    other.save(&rotation("OldTwo2", "NewTwo2")).unwrap();
    other.forget().unwrap();
    let kept = found(&ctx, &mut one, Some("OldOne1"));
    assert_eq!(kept.as_deref(), Some("NewOne1"));
}

#[test]
fn a_rotation_is_found_with_another_key_of_the_account_and_from_a_vpc() {
    let home = tempfile::tempdir().unwrap();
    let ctx = crate::laws::context(home.path());
    let first = place(&ctx, "STS.NUfirst000001", SHANGHAI, "cn-shanghai");
    first.save(&rotation("Old1", "New1")).unwrap();
    // An hour later the temporary key is another one; the configured key tells whose rotation it is.
    for configured in ["Old1", "New1"] {
        let mut later = place(&ctx, "STS.NUsecond00002", SHANGHAI, "cn-shanghai");
        let kept = found(&ctx, &mut later, Some(configured));
        assert_eq!(kept.as_deref(), Some("New1"));
    }
    // cn-hangzhou is served by the centre of cn-shanghai.
    for (endpoint, region) in [
        ("https://vod-vpc.cn-shanghai.aliyuncs.com", "cn-shanghai"),
        (SHANGHAI, "cn-hangzhou"),
    ] {
        let mut same = place(&ctx, "STS.NUfirst000001", endpoint, region);
        let kept = found(&ctx, &mut same, None);
        assert_eq!(kept.as_deref(), Some("New1"), "{endpoint} {region}");
    }
    let mut elsewhere = place(&ctx, "STS.NUfirst000001", SHANGHAI, "cn-beijing");
    assert_eq!(found(&ctx, &mut elsewhere, Some("Old1")), None);
}

/// Its name is the first half of the SHA-256 of `app-1000000 in cn-shanghai at
/// https://vod.cn-shanghai.aliyuncs.com`, by sha256sum.
#[test]
fn a_rotation_of_an_older_version_is_found_and_not_taken_for_anybody_elses() {
    let home = tempfile::tempdir().unwrap();
    let ctx = crate::laws::context(home.path());
    let folder = home.path().join(".local/state/vodcb/rotations");
    let file = folder.join("4025e1ecfd494869.json");
    std::fs::create_dir_all(&folder).unwrap();
    let text = r#"{"schema_version": 1, "target": "app-1000000 in cn-shanghai at https://vod.cn-shanghai.aliyuncs.com",
        "begun": "2026-03-01T08:00:00Z", "old_key": "Old1", "new_key": "New1", "switched": null}"#;
    std::fs::write(&file, text).unwrap();
    let of = |id: &str| place(&ctx, id, SHANGHAI, "cn-shanghai");
    for configured in [None, Some("Old1"), Some("New1")] {
        let kept = found(&ctx, &mut of("LTAI5tAccountOne001"), configured);
        assert_eq!(kept.as_deref(), Some("New1"), "{configured:?}");
    }
    let mut strange = of("LTAI5tAccountTwo002");
    assert_eq!(found(&ctx, &mut strange, Some("OldTwo2")), None);
    strange.forget().unwrap();
    assert!(file.exists());
    let mut own = of("LTAI5tAccountOne001");
    found(&ctx, &mut own, Some("Old1"));
    own.forget().unwrap();
    assert!(!file.exists());
}
