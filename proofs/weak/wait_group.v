(* SPDX-License-Identifier: BSL-1.0 *)
(** wait_group under a release/acquire memory: who returns from a wait has seen what every task did before its done, and who
    is alone with the group after a wait may destroy it: no access of it is left that would race.

    For any number of tasks, of waits and of rounds. One thread is alone with the group: it adds, and what it knows whoever
    begins a task or a wait then knows; it goes on once every wait has returned, and then knows what these knew (it has
    joined them). It joins no task. What a task did is one cell that it writes; each access of the group itself counts as
    one of another cell, for that is what a destruction races with.

    That nothing goes wrong with the orders of the source is in wait_group_safe.v; here, for each of the six that are not
    relaxed, a run in which a weaker one ends in a race. *)
From iris.prelude Require Import prelude.
From sluice_weak Require Import memory.

Inductive loc := Word | Phase | Use (τ : nat) | Work (τ : nat).
Global Instance loc_dec : EqDecision loc. Proof. solve_decision. Defined.
Notation val := (nat * nat)%type.   (* tasks and registered waits; a phase, and nothing *)
Notation view := (memory.view loc).
Notation msg := (memory.msg loc val).
Notation hist := (memory.hist loc val).

Record orders := Orders { done : mode; move_on : mode; first_look : mode; look : mode; phase_look : mode; leave : mode }.
Definition source : orders := Orders Sync Sync Sync Sync Sync Sync.

(** ** Program; pc says what comes next *)
Inductive pc :=
  | Away | Task | Tell                                            (* a task; Tell: it was the last one, and somebody waits *)
  | Look | Take | Again (p : nat) | Register (p c w : nat) | Asleep (p : nat) | Leave | Back.                 (* a wait *)
Definition waits p := match p with Away | Task | Tell => False | _ => True end.
Definition registered p := match p with Asleep _ | Leave => True | _ => False end.

Record state := State {
  H : hist; work : nat → nat; use : nat → nat;      (* accesses so far: of a task's cell, of the group by each thread *)
  thr : nat → view * pc;
  todo : nat;                                       (* tasks that were added, and have not begun *)
  owner : view; waited : bool }.                    (* who is alone with the group; whether a wait has returned since its add *)
Definition alone s := ∀ τ, ¬ waits (thr s τ).2.

Definition touch (u : nat → nat) τ (V : view) : view := bump V (Use τ) (S (u τ)).
Definition used (u : nat → nat) τ := upd u τ (S (u τ)).

Inductive step (o : orders) : state → state → Prop :=
| s_add M k u th n O wt c w a t M' O' :
    (*@ add fetch_add#1 relaxed *)
    alone (State M k u th n O wt) → rmw Rlx Rlx M O Word (c, w) (c + a, w) t M' O' →
    step o (State M k u th n O wt) (State M' k u th (n + a) O' false)
| s_task M k u th n O wt τ V :
    th τ = (V, Away) → step o (State M k u th (S n) O wt) (State M k u (upd th τ (vjoin V O, Task)) n O wt)
| s_work M k u th n O wt τ V :
    th τ = (V, Task) →
    step o (State M k u th n O wt) (State M (used k τ) u (upd th τ (bump V (Work τ) (S (k τ)), Task)) n O wt)
| s_done M k u th n O wt τ V c w t M' V' :
    (*@ done fetch_sub#1 release *)
    th τ = (V, Task) → rmw Rlx (done o) M (touch u τ V) Word (S c, w) (c, w) t M' V' →
    step o (State M k u th n O wt)
      (State M' k (used u τ) (upd th τ (V', if decide (c = 0 ∧ w ≠ 0) then Tell else Away)) n O wt)
| s_tell M k u th n O wt τ V p t M' V' :
    (*@ release fetch_add#1 release *)
    th τ = (V, Tell) → rmw Rlx (move_on o) M (touch u τ V) Phase (p, 0) (S p, 0) t M' V' →
    step o (State M k u th n O wt) (State M' k (used u τ) (upd th τ (V', Away)) n O wt)
| s_wait M k u th n O wt τ V :
    th τ = (V, Away) → step o (State M k u th n O wt) (State M k u (upd th τ (vjoin V O, Look)) n O wt)
| s_look M k u th n O wt τ V t m V' :
    (*@ none_left load#1 acquire *)
    th τ = (V, Look) → read (first_look o) M (touch u τ V) Word t m V' →
    step o (State M k u th n O wt)
      (State M k (used u τ) (upd th τ (V', if decide ((mval m).1 = 0) then Back else Take)) n O wt)
| s_take M k u th n O wt τ V t m V' :
    (*@ wait_registered load#1 relaxed *)
    th τ = (V, Take) → read Rlx M (touch u τ V) Phase t m V' →
    step o (State M k u th n O wt) (State M k (used u τ) (upd th τ (V', Again (mval m).1)) n O wt)
| s_again M k u th n O wt τ V p t m V' :
    (*@ wait_registered load#2 acquire *)
    th τ = (V, Again p) → read (look o) M (touch u τ V) Word t m V' →
    step o (State M k u th n O wt) (State M k (used u τ)
      (upd th τ (V', if decide ((mval m).1 = 0) then Back else Register p (mval m).1 (mval m).2)) n O wt)
| s_register M k u th n O wt τ V p c w t M' V' :
    (*@ wait_registered compare_exchange_weak#1 relaxed/relaxed *)
    th τ = (V, Register p c w) → rmw Rlx Rlx M (touch u τ V) Word (c, w) (c, S w) t M' V' →
    step o (State M k u th n O wt) (State M' k (used u τ) (upd th τ (V', Asleep p)) n O wt)
| s_retry M k u th n O wt τ V p c w :    (* another was faster; what it read then is not learnt *)
    th τ = (V, Register p c w) →
    step o (State M k u th n O wt) (State M k (used u τ) (upd th τ (touch u τ V, Take)) n O wt)
| s_wake M k u th n O wt τ V p t m V' :
    (*@ wait_registered load#3 acquire *)
    th τ = (V, Asleep p) → read (phase_look o) M (touch u τ V) Phase t m V' →
    step o (State M k u th n O wt)
      (State M k (used u τ) (upd th τ (V', if decide ((mval m).1 = p) then Asleep p else Leave)) n O wt)
| s_leave M k u th n O wt τ V c w t M' V' :
    (*@ wait_registered fetch_sub#1 acquire *)
    th τ = (V, Leave) → rmw (leave o) Rlx M (touch u τ V) Word (c, S w) (c, w) t M' V' →
    step o (State M k u th n O wt) (State M' k (used u τ) (upd th τ (V', Back)) n O wt)
| s_back M k u th n O wt τ V :
    th τ = (V, Back) → step o (State M k u th n O wt) (State M k u (upd th τ (V, Away)) n (vjoin O V) true).

(*@ of primitives/sluice/wait_group.hpp
    without count: a hint
    without leave: time-outs and stops
    without wait_for_phase_after: time-outs and stops
    without wait_parked: a waiting task that is found by name
    without return_alone: likewise
    without refuse_add: misuse
    without take_back: misuse
    without refuse_done: misuse
    path add: add fetch_add#1
    path done: done fetch_sub#1
    path done.wakes: done fetch_sub#1, release fetch_add#1
    path wait.none_left: none_left load#1
    path wait.overtaken: none_left load#1, wait_registered load#1, wait_registered load#2
    path wait.sleeps: none_left load#1, wait_registered load#1, wait_registered load#2,
      wait_registered compare_exchange_weak#1, wait_registered load#3, wait_registered load#3,
      wait_registered fetch_sub#1 *)

Definition init : state :=
  State (λ l t, match l, t with Word, 0 | Phase, 0 => Some (Msg (0, 0) bot) | _, _ => None end)
        (λ _, 0) (λ _, 0) (λ _, (bot, Away)) 0 bot false.
Definition reach o := rtc (step o) init.

(** whoever returns has not seen what a task did; or whoever is alone after a wait destroys what some thread may still use *)
Definition racy s :=
  (∃ τ V σ, thr s τ = (V, Back) ∧ V (Work σ) < work s σ) ∨
  (alone s ∧ waited s = true ∧ ∃ σ, owner s (Work σ) < work s σ ∨ owner s (Use σ) < use s σ).
(** whoever returns has left a task behind *)
Definition early s := ∃ τ V, thr s τ = (V, Back) ∧ (todo s ≠ 0 ∨ ∃ σ, (thr s σ).2 = Task).

Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.

(** ** With one order weaker: a race *)
Ltac known := vm_compute; lia.
Ltac now_reads := split; [reflexivity|split; [known|reflexivity]].
Ltac now_changes := eexists; split; [reflexivity|split; [known|done]].
Ltac adds a t := eapply rtc_l; [eapply (s_add _ _ _ _ _ _ _ _ _ _ a t); [intros ?; simpl; by intros []|now_changes]|]; simpl.
Ltac works τ :=
  eapply rtc_l; [eapply (s_task _ _ _ _ _ _ _ _ τ); reflexivity|]; simpl;
  eapply rtc_l; [eapply (s_work _ _ _ _ _ _ _ _ τ); reflexivity|]; simpl.
Ltac is_done τ t := eapply rtc_l; [eapply (s_done _ _ _ _ _ _ _ _ τ _ _ _ t); [reflexivity|now_changes]|]; simpl.
Ltac tells τ t := eapply rtc_l; [eapply (s_tell _ _ _ _ _ _ _ _ τ _ _ t); [reflexivity|now_changes]|]; simpl.
Ltac begins τ := eapply rtc_l; [eapply (s_wait _ _ _ _ _ _ _ _ τ); reflexivity|]; simpl.
Ltac looks τ t := eapply rtc_l; [eapply (s_look _ _ _ _ _ _ _ _ τ _ t); [reflexivity|now_reads]|]; simpl.
Ltac takes τ t := eapply rtc_l; [eapply (s_take _ _ _ _ _ _ _ _ τ _ t); [reflexivity|now_reads]|]; simpl.
Ltac looks_again τ t := eapply rtc_l; [eapply (s_again _ _ _ _ _ _ _ _ τ _ _ t); [reflexivity|now_reads]|]; simpl.
Ltac registers τ t := eapply rtc_l; [eapply (s_register _ _ _ _ _ _ _ _ τ _ _ _ _ t); [reflexivity|now_changes]|]; simpl.
Ltac wakes τ t := eapply rtc_l; [eapply (s_wake _ _ _ _ _ _ _ _ τ _ _ t); [reflexivity|now_reads]|]; simpl.
Ltac leaves τ t := eapply rtc_l; [eapply (s_leave _ _ _ _ _ _ _ _ τ _ _ _ t); [reflexivity|now_changes]|]; simpl.
Ltac comes_back τ := eapply rtc_l; [eapply (s_back _ _ _ _ _ _ _ _ τ); reflexivity|]; simpl.

(* thread 1 is the task, thread 2 waits and finds it done at the first look *)
Theorem relaxed_done_races : ∃ s, reach (Orders Rlx Sync Sync Sync Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; adds 1 0; works 1; is_done 1 1; begins 2; looks 2 2; apply rtc_refl|].
  left. eexists 2, _, 1. split; [reflexivity|known].
Qed.
Theorem relaxed_first_look_races : ∃ s, reach (Orders Sync Sync Rlx Sync Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; adds 1 0; works 1; is_done 1 1; begins 2; looks 2 2; apply rtc_refl|].
  left. eexists 2, _, 1. split; [reflexivity|known].
Qed.
(* it is done between the first look and the second *)
Theorem relaxed_look_races : ∃ s, reach (Orders Sync Sync Sync Rlx Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; adds 1 0; begins 2; looks 2 1; works 1; is_done 1 1; takes 2 0; looks_again 2 2;
    apply rtc_refl|].
  left. eexists 2, _, 1. split; [reflexivity|known].
Qed.
(* thread 2 registers, then the task is done and moves the phase on; who destroys the group has not seen that it has *)
Ltac one_round := adds 1 0; begins 2; looks 2 1; takes 2 0; looks_again 2 1; registers 2 1; works 1; is_done 1 2; tells 1 0;
  wakes 2 1; leaves 2 3; comes_back 2.
Ltac none_waits := intros τ; simpl; unfold upd; repeat case_decide; by intros [].
Theorem relaxed_move_on_races : ∃ s, reach (Orders Sync Rlx Sync Sync Sync Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; one_round; apply rtc_refl|].
  right. split; [none_waits|split; [reflexivity|exists 1; right; known]].
Qed.
Theorem relaxed_phase_look_races : ∃ s, reach (Orders Sync Sync Sync Sync Rlx Sync) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; one_round; apply rtc_refl|].
  right. split; [none_waits|split; [reflexivity|exists 1; right; known]].
Qed.
(* two tasks: the last one, which moves the phase on, has not seen what the first one did *)
Theorem relaxed_leave_races : ∃ s, reach (Orders Sync Sync Sync Sync Sync Rlx) s ∧ racy s.
Proof.
  eexists. split; [unfold reach, init; adds 2 0; begins 2; looks 2 1; takes 2 0; looks_again 2 1; registers 2 1;
    works 1; is_done 1 2; works 3; is_done 3 3; tells 3 0; wakes 2 1; leaves 2 4; apply rtc_refl|].
  left. eexists 2, _, 1. split; [reflexivity|known].
Qed.
