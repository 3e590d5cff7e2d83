(* SPDX-License-Identifier: BSL-1.0 *)
(** wait_group: wait returns only after the count has been zero since the last add that came alone; each done hands in what
    its task did, and whoever owns the group alone gets all of it back, and may use the group again.

    The program is add, done and wait of sluice/wait_group.hpp: tasks and waiters in one word, a phase in another. A wait on the
    phase returns at once, which it may; so nothing is said of whether a sleeper wakes. Misuse is excluded by what add, done and
    wait ask for; time-outs and stops are not here. *)
From iris.algebra Require Import auth numbers.
From iris.base_logic.lib Require Import invariants mono_nat ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.

(** ** Program *)
Notation one_task := (2 ^ 32)%Z.

Definition new_group : val := λ: <>, (ref #0, ref #0).
Notation state g := (Fst g).
Notation phase g := (Snd g).
Definition tasks : val := λ: "s", "s" `quot` #one_task.

Definition add : val := λ: "g" "n", FAA (state "g") ("n" * #one_task);; #().      (*@ add fetch_add#1 relaxed *)
Definition done : val := λ: "g",
  let: "before" := FAA (state "g") #(- one_task) in                              (*@ done fetch_sub#1 release *)
  if: (tasks "before" = #1) && ("before" ≠ #one_task)
  then FAA (phase "g") #1;; #() else #().                                        (*@ release fetch_add#1 release *)

Definition sleep : val := rec: "sleep" "g" "p" :=
  if: !(phase "g") = "p" then "sleep" "g" "p" else #().                          (*@ wait_registered load#3 acquire *)
Definition wait_registered : val := rec: "again" "g" :=
  let: "p" := !(phase "g") in                                                    (*@ wait_registered load#1 relaxed *)
  let: "s" := !(state "g") in                                                    (*@ wait_registered load#2 acquire *)
  if: tasks "s" = #0 then #() else
  if: (if: nondet_bool #() then #false
       else Snd (CmpXchg (state "g") "s" ("s" + #1)))  (*@ wait_registered compare_exchange_weak#1 relaxed/relaxed *)
  then sleep "g" "p";; FAA (state "g") #(-1);; #()                               (*@ wait_registered fetch_sub#1 acquire *)
  else "again" "g".
Definition wait : val := λ: "g",
  if: tasks !(state "g") = #0 then #() else wait_registered "g".                 (*@ none_left load#1 acquire *)

(*@ of primitives/sluice/wait_group.hpp
    without count: a hint
    without leave: time-outs and stops
    without wait_for_phase_after: time-outs and stops
    without refuse_add: misuse
    without refuse_done: misuse
    path add: add fetch_add#1
    path done: done fetch_sub#1
    path done.wakes: done fetch_sub#1, release fetch_add#1
    path wait.none_left: none_left load#1
    path wait.overtaken: none_left load#1, none_left load#1, wait_registered load#1, wait_registered load#2
    path wait.sleeps: none_left load#1, none_left load#1, wait_registered load#1, wait_registered load#2,
      wait_registered compare_exchange_weak#1, wait_registered load#3, wait_registered load#3,
      wait_registered fetch_sub#1 *)

Class groupG Σ := GroupG {
  group_tasks :> inG Σ (authR natUR);
  group_mono :> mono_natG Σ;
  group_epoch :> ghost_varG Σ (nat * nat);
  group_flag :> ghost_varG Σ bool;
  group_waiters :> ghost_mapG Σ nat Qp }.
Definition groupΣ : gFunctors :=
  #[GFunctor (authR natUR); mono_natΣ; ghost_varΣ (nat * nat); ghost_varΣ bool; ghost_mapΣ nat Qp].
Global Instance subG_groupΣ {Σ} : subG groupΣ Σ → groupG Σ. Proof. solve_inG. Qed.

Record names := { γt : gname; γd : gname; γe : gname; γp : gname; γb : gname; γw : gname }.
