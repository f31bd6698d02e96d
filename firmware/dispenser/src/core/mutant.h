// Wrong firmware on purpose: the crash sweep must catch each of these, or the sweep proves nothing.
// Only the test build defines YAGUTS_MUTANTS; elsewhere MUTANT(x) is the constant false and leaves no code.
#pragma once

#ifdef YAGUTS_MUTANTS
namespace yaguts {
enum class Mutant {
  none,
  no_cur,               // the output goes on without an intent in flash
  final_before_run,     // the outcome is written before it is known
  no_hi_check,          // a finished job is taken again
  publish_before_f,     // the entry leaves before it is in flash
  run_before_accepted,  // pours without leave
  cancel_as_finals,     // one put per cancelled item instead of one for all
  cancel_in_ram,        // the cancel is forgotten by a reboot
  time_at_resend,       // a resend differs from the first sending
  rerun_iniciado,       // an interrupted item is poured again
  short_ring,           // keeps fewer acked entries than promised
  free_without_complete,
  wipe_before_hi,       // records deleted while the job is still the active one
  epoch_skips_active,   // a new epoch resends the ring, not the active job
  tell_owed,            // an outcome that flash has refused is told all the same
  half_a_wipe,          // a wipe that flash refuses half-way counts as done
  count
};
extern Mutant mutant;
}  // namespace yaguts
#define MUTANT(name) (::yaguts::mutant == ::yaguts::Mutant::name)
#else
#define MUTANT(name) false
#endif
