#include "host_wrap.h"

#include <cstdio>

#include "host/opener.h"
#include "host/pid_file.h"
#include "host/privileges.h"
#include "host/service_manager.h"

namespace dipper {
namespace {

Napi::Error host_error(Napi::Env env, const HostError& error) {
  const Napi::Error object = Napi::Error::New(env, error.message);
  object.Set("exitCode", static_cast<double>(error.exit_code));
  return object;
}

std::string text(const Napi::Value& value) { return value.As<Napi::String>().Utf8Value(); }

// user, group -> the account, or throws.
Account account_of(const Napi::CallbackInfo& info, size_t first) {
  Account account;
  HostError error;
  if (!find_account(text(info[first]), text(info[first + 1]), account, error))
    throw host_error(info.Env(), error);
  return account;
}

// () -> {uid, gid, netRaw, netAdmin, effective (hexadecimal), noNewPrivileges}
Napi::Value privileges(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Privileges p;
  HostError error;
  if (!read_privileges(p, error)) throw host_error(env, error);
  auto object = Napi::Object::New(env);
  object.Set("uid", static_cast<double>(p.uid));
  object.Set("gid", static_cast<double>(p.gid));
  object.Set("netRaw", (p.effective >> cap_net_raw & 1) != 0);
  object.Set("netAdmin", (p.effective >> cap_net_admin & 1) != 0);
  char digits[17];
  snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(p.effective));
  object.Set("effective", digits);
  object.Set("noNewPrivileges", p.no_new_privileges);
  return object;
}

// (user, group) -> number of threads that were verified
Napi::Value drop(const Napi::CallbackInfo& info) {
  const Account account = account_of(info, 0);
  HostError error;
  if (!drop_privileges(account, error)) throw host_error(info.Env(), error);
  const unsigned threads = verify_dropped(account, error);
  if (threads == 0) throw host_error(info.Env(), error);
  return Napi::Number::New(info.Env(), threads);
}

// (user, group) -> {uid, gid}
Napi::Value find(const Napi::CallbackInfo& info) {
  const Account account = account_of(info, 0);
  auto object = Napi::Object::New(info.Env());
  object.Set("uid", static_cast<double>(account.uid));
  object.Set("gid", static_cast<double>(account.gid));
  return object;
}

// (socketPath, state)
void notify(const Napi::CallbackInfo& info) {
  HostError error;
  if (!notify_service_manager(text(info[0]), text(info[1]), error.message)) {
    error.exit_code = 71;
    throw host_error(info.Env(), error);
  }
}

// (path) -> descriptor; the Error has `holder`, the PID of who runs already (0: unknown)
Napi::Value lock(const Napi::CallbackInfo& info) {
  HostError error;
  pid_t holder;
  const int fd = lock_pid_file(text(info[0]), holder, error);
  if (fd >= 0) return Napi::Number::New(info.Env(), fd);
  const Napi::Error object = host_error(info.Env(), error);
  object.Set("holder", static_cast<double>(holder));
  throw object;
}

Napi::Value holder(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), pid_file_holder(text(info[0])));
}

// Closed when collected, too: the process that it started must not outlive its last reference.
class OpenerWrap : public Napi::ObjectWrap<OpenerWrap> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "Opener",
        {InstanceMethod<&OpenerWrap::request>("request"),
         InstanceMethod<&OpenerWrap::close>("close"), InstanceAccessor<&OpenerWrap::pid>("pid")});
  }

  // new Opener(path, user, group, conntrack, timeoutMs)
  explicit OpenerWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<OpenerWrap>(info) {
    const Account account = account_of(info, 1);
    HostError error;
    if (!opener_.start(text(info[0]), account, info[3].As<Napi::Boolean>(),
                       info[4].As<Napi::Number>().Int32Value(), error))
      throw host_error(info.Env(), error);
  }

 private:
  // (kind, timeoutMs) -> descriptor
  Napi::Value request(const Napi::CallbackInfo& info) {
    HostError error;
    const int fd = opener_.request(text(info[0]), info[1].As<Napi::Number>().Int32Value(), error);
    if (fd < 0) throw host_error(info.Env(), error);
    return Napi::Number::New(info.Env(), fd);
  }
  Napi::Value pid(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), opener_.pid());
  }
  void close(const Napi::CallbackInfo&) { opener_.close(); }

  Opener opener_;
};

}  // namespace

void define_host(Napi::Env env, Napi::Object exports) {
  exports.Set("privileges", Napi::Function::New<privileges>(env, "privileges"));
  exports.Set("findAccount", Napi::Function::New<find>(env, "findAccount"));
  exports.Set("dropPrivileges", Napi::Function::New<drop>(env, "dropPrivileges"));
  exports.Set("notifyServiceManager", Napi::Function::New<notify>(env, "notifyServiceManager"));
  exports.Set("lockPidFile", Napi::Function::New<lock>(env, "lockPidFile"));
  exports.Set("pidFileHolder", Napi::Function::New<holder>(env, "pidFileHolder"));
  exports.Set("Opener", OpenerWrap::define(env));
}

}  // namespace dipper
