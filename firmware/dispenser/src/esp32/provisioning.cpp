#include "provisioning.h"

#include <NetworkClient.h>
#include <NetworkClientSecure.h>
#include <WiFi.h>

#include <cstring>

namespace yaguts {

namespace {

constexpr unsigned long kWifiMs = 20000;
constexpr unsigned long kHandshakeS = 10;
constexpr unsigned long kOpenMs = 10 * 60 * 1000;
constexpr uint16_t kDnsPort = 53;

// Portuguese first: it is read in the kitchen. No script, no outside file: captive browsers load neither.
constexpr char kHead[] =
    "<!doctype html><html lang=pt><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    "<title>Yaguts</title><style>body{font:16px sans-serif;max-width:28em;margin:1em auto;padding:0 1em}"
    "label{display:block;margin:.8em 0}input,textarea{display:block;width:100%;font:inherit;padding:.4em;box-sizing:border-box}"
    "button{font:inherit;padding:.6em 1.2em}</style><h1>Dispenser Yaguts</h1>";
constexpr char kForm[] =
    "<form method=post action=/>"
    "<label>Rede Wi-Fi (SSID)<input name=ssid maxlength=32 required></label>"
    "<label>Senha do Wi-Fi<input name=wifi type=password maxlength=64></label>"
    "<label>Endereço da plataforma<input name=host maxlength=70 placeholder=yaguts.local required></label>"
    "<label>Código do dispenser<input name=code maxlength=40 autocapitalize=none autocomplete=off></label>"
    "<label>Certificado da casa (só com TLS)<textarea name=ca rows=4></textarea></label>"
    "<button>Conectar</button></form>";

template <size_t kSize>
bool copy_text(const String& from, char (&to)[kSize]) {
  if (from.length() >= kSize) return false;
  memcpy(to, from.c_str(), from.length() + 1);
  return true;
}

}  // namespace

void Portal::open() {
  if (open_) return;
  WiFi.mode(WIFI_AP_STA);
  char name[24];
  snprintf(name, sizeof name, "Yaguts-%04X", static_cast<unsigned>(ESP.getEfuseMac() >> 32 & 0xFFFF));
  WiFi.softAP(name);
  dns_.start(kDnsPort, "*", WiFi.softAPIP());
  if (!routed_) add_routes();
  server_.begin();
  open_ = true;
  opened_at_ = millis();
  Serial.printf("[SETUP] Portal aberto: rede %s, http://%s/\n", name, WiFi.softAPIP().toString().c_str());
}

void Portal::add_routes() {
  server_.on("/", HTTP_GET, [this] { show_form(); });
  server_.on("/", HTTP_POST, [this] { take_form(); });
  // Phones ask for pages of their own to find out whether this is the internet: sent here, they show the form.
  server_.onNotFound([this] {
    server_.sendHeader("Location", "http://" + WiFi.softAPIP().toString() + "/");
    server_.send(302, "text/plain", "");
  });
  routed_ = true;
}

void Portal::close() {
  if (!open_) return;
  server_.stop();
  dns_.stop();
  WiFi.softAPdisconnect(true);
  WiFi.mode(WIFI_STA);
  open_ = false;
  Serial.println("[SETUP] Portal fechado");
}

void Portal::turn() {
  if (!open_) return;
  if (settings_.provisioned() && millis() - opened_at_ > kOpenMs) return close();
  dns_.processNextRequest();
  server_.handleClient();
  if (!submitted_) return;
  submitted_ = false;
  notice_ = try_out(code_);
  // What was typed did not work: back to the network that did.
  if (handover_.free() && settings_.has_wifi()) WiFi.begin(settings_.ssid, settings_.wifi_password);
  Serial.printf("[SETUP] %s\n", notice_);
}

void Portal::show_form() { page(notice_); }

void Portal::take_form() {
  typed_ = settings_;
  const String host = server_.arg("host");
  const bool good = copy_text(server_.arg("ssid"), typed_.ssid) && copy_text(server_.arg("wifi"), typed_.wifi_password) &&
                    copy_text(server_.arg("ca"), typed_.ca) && typed_.ssid[0] != 0 &&
                    read_address(host.c_str(), typed_.ca[0] != 0, typed_.broker);
  if (!good) {
    notice_ = "Algum campo não está certo: confira a rede e o endereço.";
    return page(notice_);
  }
  code_ = server_.arg("code");
  if (code_.length() == 0 && !settings_.provisioned()) {
    notice_ = "Falta o código: ele aparece na plataforma ao adicionar um dispenser.";
    return page(notice_);
  }
  typed_.last_good = BrokerAddress();
  notice_ = "Conectando… recarregue esta página em meio minuto. Se o LED ficar aceso, está pronto.";
  page(notice_);
  submitted_ = true;  // after the answer has gone out: the radio changes channel now
}

const char* Portal::try_out(const String& code) {
  WiFi.begin(typed_.ssid, typed_.wifi_password);
  const unsigned long since = millis();
  while (WiFi.status() != WL_CONNECTED) {
    if (millis() - since > kWifiMs) return "O Wi-Fi não respondeu: confira o nome da rede e a senha.";
    dns_.processNextRequest();
    delay(20);
  }
  if (code.length() > 0) {
    // Sockets of their own: the session's go on, should the claim fail.
    NetworkClient plain;
    NetworkClientSecure secure;
    secure.setHandshakeTimeout(kHandshakeS);
    secure.setCACert(typed_.ca);
    Client& socket = typed_.ca[0] != 0 ? static_cast<Client&>(secure) : plain;
    switch (claim(socket, typed_.broker, code.c_str(), hw_, typed_.credential)) {
      case ClaimResult::kAccepted:
        break;
      case ClaimResult::kBadCode:
        return "Isso não parece um código de dispenser.";
      case ClaimResult::kRefused:
        return "Código recusado: já usado ou vencido. Peça outro na plataforma.";
      case ClaimResult::kUnreachable:
        return "A plataforma não foi encontrada nesse endereço.";
      case ClaimResult::kSilent:
      case ClaimResult::kUnreadable:
        return "A plataforma não respondeu como esperado. Tente de novo.";
    }
  }
  if (!handover_.free()) return "Ocupado: tente de novo em alguns segundos.";
  handover_.settings = typed_;
  handover_.ask(Wish::kSaveAndRestart);
  return "Pronto: o dispenser reinicia assim que nenhum motor estiver ligado.";
}

void Portal::page(const char* notice) {
  String text;
  text.reserve(sizeof kHead + sizeof kForm + 256);
  text += kHead;
  if (notice[0] != 0) {
    text += "<p role=status>";
    text += notice;
    text += "</p>";
  }
  text += kForm;
  server_.send(200, "text/html; charset=utf-8", text);
}

}  // namespace yaguts
