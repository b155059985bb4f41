//! The VOD centres, from the endpoint maps of the official SDKs and the vendor's endpoint page.
//!
//! Constants rather than a file that is parsed: nearly every command looks a region up, once.

use super::region::{Centre, Standing};

macro_rules! centre {
    ($id:literal, $name:literal, $name_zh:literal, $standing:ident, $vpc:expr) => {
        Centre {
            id: $id,
            name: $name,
            name_zh: $name_zh,
            standing: Standing::$standing,
            vod_endpoint: concat!("vod.", $id, ".aliyuncs.com"),
            vod_vpc_endpoint: $vpc,
        }
    };
    ($id:literal, $name:literal, $name_zh:literal, $standing:ident) => {
        centre!(
            $id,
            $name,
            $name_zh,
            $standing,
            Some(concat!("vod-vpc.", $id, ".aliyuncs.com"))
        )
    };
}

/// Every centre, the ones open to everybody first.
pub(super) const CENTRES: &[Centre] = &[
    centre!("cn-shanghai", "China (Shanghai)", "华东2（上海）", Open),
    centre!("cn-beijing", "China (Beijing)", "华北2（北京）", Open),
    centre!("cn-shenzhen", "China (Shenzhen)", "华南1（深圳）", Open),
    centre!("cn-hongkong", "China (Hong Kong)", "中国香港", Open),
    centre!("ap-southeast-1", "Singapore", "新加坡", Open),
    centre!(
        "ap-southeast-5",
        "Indonesia (Jakarta)",
        "印度尼西亚（雅加达）",
        Open
    ),
    centre!("ap-northeast-1", "Japan (Tokyo)", "日本（东京）", Open),
    centre!(
        "eu-central-1",
        "Germany (Frankfurt)",
        "德国（法兰克福）",
        Open
    ),
    centre!("us-west-1", "US (Silicon Valley)", "美国（硅谷）", Open),
    centre!(
        "me-central-1",
        "Saudi Arabia (Riyadh)",
        "沙特（利雅得）",
        Open
    ),
    centre!(
        "cn-north-2-gov-1",
        "China North 2 Ali Gov 1 (Beijing)",
        "华北2 阿里政务云1",
        Industry,
        None
    ),
    centre!("ap-south-1", "India (Mumbai)", "印度（孟买）", Deactivated),
];

/// Regions that the SDKs know and send to the host of another centre.
pub(super) const SERVED_ELSEWHERE: &[(&str, &[&str])] = &[
    ("vod.cn-shanghai.aliyuncs.com", &["cn-hangzhou"]),
    (
        "vod.aliyuncs.com",
        &[
            "cn-beijing-finance-1",
            "cn-beijing-finance-pop",
            "cn-beijing-gov-1",
            "cn-beijing-nu16-b01",
            "cn-chengdu",
            "cn-edge-1",
            "cn-fujian",
            "cn-haidian-cm12-c01",
            "cn-hangzhou-bj-b01",
            "cn-hangzhou-finance",
            "cn-hangzhou-internal-prod-1",
            "cn-hangzhou-internal-test-1",
            "cn-hangzhou-internal-test-2",
            "cn-hangzhou-internal-test-3",
            "cn-hangzhou-test-306",
            "cn-hongkong-finance-pop",
            "cn-huhehaote",
            "cn-huhehaote-nebula-1",
            "cn-qingdao",
            "cn-qingdao-nebula",
            "cn-shanghai-et15-b01",
            "cn-shanghai-et2-b01",
            "cn-shanghai-finance-1",
            "cn-shanghai-inner",
            "cn-shanghai-internal-test-1",
            "cn-shenzhen-finance-1",
            "cn-shenzhen-inner",
            "cn-shenzhen-st4-d01",
            "cn-shenzhen-su18-b01",
            "cn-wuhan",
            "cn-wulanchabu",
            "cn-yushanfang",
            "cn-zhangbei",
            "cn-zhangbei-na61-b01",
            "cn-zhangjiakou-na62-a01",
            "cn-zhengzhou-nebula-1",
            "ap-northeast-2-pop",
            "ap-southeast-2",
            "ap-southeast-3",
            "eu-west-1-oxs",
            "me-east-1",
            "rus-west-1-pop",
            "us-east-1",
        ],
    ),
];
