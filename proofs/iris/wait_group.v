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

Class groupG Σ := GroupG {
  group_tasks :> inG Σ (authR natUR);
  group_mono :> mono_natG Σ;
  group_epoch :> ghost_varG Σ (nat * nat * nat);
  group_flag :> ghost_varG Σ bool;
  group_waiters :> ghost_mapG Σ nat Qp }.
Definition groupΣ : gFunctors :=
  #[GFunctor (authR natUR); mono_natΣ; ghost_varΣ (nat * nat * nat); ghost_varΣ bool; ghost_mapΣ nat Qp].
Global Instance subG_groupΣ {Σ} : subG groupΣ Σ → groupG Σ. Proof. solve_inG. Qed.

(** how many may wait at once: what the lower half of the word can count *)
Definition most_waiters : nat := Z.to_nat (one_task - 1).
Lemma most_waiters_Z : Z.of_nat most_waiters = (one_task - 1)%Z.
Proof. unfold most_waiters. by rewrite Z2Nat.id. Qed.
Global Opaque most_waiters.

Lemma word_tasks (c w : nat) : (w < one_task)%Z → ((one_task * c + w) `quot` one_task)%Z = c.
Proof.
  intros. rewrite Z.quot_div_nonneg; [|lia..]. rewrite Z.mul_comm Z.div_add_l; [|lia]. rewrite Z.div_small; lia.
Qed.
Lemma word_inj (c w c' w' : nat) :
  (w < one_task)%Z → (w' < one_task)%Z → (one_task * c + w = one_task * c' + w')%Z → c = c' ∧ w = w'.
Proof. lia. Qed.

Record names := { γt : gname; γd : gname; γe : gname; γp : gname; γb : gname; γw : gname; γs : gname }.

Section group.
  Context `{!heapGS Σ, !groupG Σ} (N : namespace) (R : iProp Σ).
  Implicit Types (c m w e n : nat).

  (** the right to call done once; to be one of those who wait; and a share of the group, which says that the epoch, which
      began with the last add, is e, and that n tasks were added and not collected. Who has all of it is alone with it. *)
  Definition task γ : iProp Σ := own γ.(γt) (◯ 1%nat).
  Definition seat γ : iProp Σ := own γ.(γs) (◯ 1%nat).
  Definition share γ e n (q : Qp) : iProp Σ := ∃ p0, ghost_var γ.(γe) (q/2) (e, n, p0).
  (** the count was zero in this epoch *)
  Definition finished γ e : iProp Σ := mono_nat_lb_own γ.(γd) (2 * e + 1).

  Definition group_inv γ (ls lp : loc) : iProp Σ :=
    ∃ c m w p e n p0 (b : bool) (W : gmap nat Qp),
      ls ↦ #(one_task * c + w) ∗ lp ↦ #(p : nat) ∗ own γ.(γt) (● c) ∗ own γ.(γs) (● most_waiters) ∗
      mono_nat_auth_own γ.(γd) 1 (2 * e + if decide (c = 0)%nat then 1 else 0) ∗ mono_nat_auth_own γ.(γp) 1 p ∗
      ghost_var γ.(γe) (1/2) (e, n, p0) ∗ ghost_map_auth γ.(γw) 1 W ∗
      ([∗ map] q ∈ W, ghost_var γ.(γe) (q/4) (e, n, p0) ∗ seat γ) ∗
      ghost_var γ.(γb) (1/2) b ∗ (⌜b = true⌝ ∨ ghost_var γ.(γb) (1/2) false) ∗
      ⌜(c + m = n ∧ size W = w ∧ p0 ≤ p ∧ (c ≠ 0 → p = p0 ∧ b = false) ∧ (b = true → p = p0 ∧ w ≠ 0))%nat⌝ ∗
      [∗] replicate m R.
  Definition is_group γ (g : val) : iProp Σ := ∃ ls lp : loc, ⌜g = (#ls, #lp)%V⌝ ∗ inv N (group_inv γ ls lp).
  Global Instance is_group_persistent γ g : Persistent (is_group γ g). Proof. apply _. Qed.

  (** no more wait than there are seats *)
  Lemma seats_together γ (W : gmap nat Qp) :
    ([∗ map] _ ∈ W, seat γ) -∗ ⌜W = ∅⌝ ∨ own γ.(γs) (◯ size W).
  Proof.
    induction W as [|i q W Hi IH] using map_ind; first (iIntros "_"; by iLeft).
    rewrite big_sepM_insert // map_size_insert_None //. iIntros "[Hs HW]". iRight.
    iDestruct (IH with "HW") as "[->|HW]"; first done.
    rewrite -(Nat.add_1_l (size W)) -nat_op auth_frag_op own_op. iFrame.
  Qed.
  Lemma seats_suffice γ (W : gmap nat Qp) :
    own γ.(γs) (● most_waiters) -∗ ([∗ map] _ ∈ W, seat γ) -∗ ⌜(size W < one_task)%Z⌝.
  Proof.
    iIntros "Hs HW". pose proof most_waiters_Z. iDestruct (seats_together with "HW") as "[->|HW]".
    { rewrite map_size_empty. iPureIntro. lia. }
    iDestruct (own_valid_2 with "Hs HW") as %[Hle%nat_included _]%auth_both_valid_discrete. iPureIntro. lia.
  Qed.
  Lemma deposits_seats γ e n p0 (W : gmap nat Qp) :
    own γ.(γs) (● most_waiters) -∗ ([∗ map] q ∈ W, ghost_var γ.(γe) (q/4) (e, n, p0) ∗ seat γ) -∗
    ⌜(size W < one_task)%Z⌝.
  Proof.
    iIntros "Hs HW". rewrite big_sepM_sep. iDestruct "HW" as "[_ HW]". iApply (seats_suffice with "Hs HW").
  Qed.
  Lemma task_counts γ c : own γ.(γt) (● c) -∗ task γ -∗ ⌜(c ≠ 0)%nat⌝.
  Proof.
    iIntros "Hc Ht". iDestruct (own_valid_2 with "Hc Ht") as %[Hle%nat_included _]%auth_both_valid_discrete.
    iPureIntro. lia.
  Qed.

  Theorem new_group_spec :
    {{{ True }}} new_group #() {{{ g γ, RET g; is_group γ g ∗ share γ 0 0 1 ∗ own γ.(γs) (◯ most_waiters) }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc lp as "Hp". wp_alloc ls as "Hs". wp_pures.
    iMod (own_alloc (● 0%nat)) as (gt) "Ht"; first by apply auth_auth_valid.
    iMod (own_alloc (● most_waiters ⋅ ◯ most_waiters)) as (gs) "[Hq Hq']"; first by apply auth_both_valid_discrete.
    iMod (mono_nat_own_alloc 1) as (gd) "[Hd _]". iMod (mono_nat_own_alloc 0) as (gp) "[Hgp _]".
    iMod (ghost_var_alloc (0%nat, 0%nat, 0%nat)) as (ge) "[He He']".
    iMod (ghost_var_alloc false) as (gb) "[Hb Hb']".
    iMod (ghost_map_alloc (∅ : gmap nat Qp)) as (gw) "[Hw _]".
    set (γ := {| γt := gt; γd := gd; γe := ge; γp := gp; γb := gb; γw := gw; γs := gs |}).
    iMod (inv_alloc N _ (group_inv γ ls lp) with "[Hs Hp Ht Hq Hd Hgp He Hb Hb' Hw]") as "#I".
    { iNext. iExists 0%nat, 0%nat, 0%nat, 0%nat, 0%nat. iExists 0%nat, 0%nat, false, ∅. iFrame.
      rewrite big_sepM_empty map_size_empty /=. iSplit; first done. iSplit; last done. iPureIntro. repeat split; try done; lia. }
    iApply ("HΦ" $! _ γ). iModIntro. iFrame "Hq'". iSplitR; first (iExists ls, lp; by iFrame "I").
    iExists 0%nat. by iFrame.
  Qed.

  (** by whoever is alone with the group: before any wait, or after every wait has returned *)
  Theorem add_spec γ g e n (k : nat) :
    {{{ is_group γ g ∗ share γ e n 1 }}} add g #k
    {{{ RET #(); share γ (S e) (n + k) 1 ∗ [∗] replicate k (task γ) }}}.
  Proof.
    iIntros (Φ) "[#Hg Hsh] HΦ". iDestruct "Hg" as (ls lp ->) "#I". iDestruct "Hsh" as (p0) "He".
    wp_lam. wp_pures. wp_bind (FAA _ _).
    iInv N as (c m w p e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-].
    destruct (decide (W = ∅)) as [->|HW]; last first.
    { destruct (map_choose W HW) as (i & q & Hq).
      iDestruct (big_sepM_lookup with "HW") as "[Hx _]"; first done.
      iCombine "He He'" as "Hall". iDestruct (ghost_var_valid_2 with "Hall Hx") as %[Hv _].
      exfalso. rewrite ?Qp.div_2 in Hv. by apply (Qp.not_add_le_l 1 (q/4)). }
    wp_faa. rewrite map_size_empty in Hi. destruct Hi as (Hn & <- & Hp0 & Hc & Hb). rewrite big_sepM_empty.
    assert (b = false) as -> by (destruct b; [destruct (Hb eq_refl); lia|done]).
    iMod (ghost_var_update_halves (S e, n + k, p)%nat with "[He] He'") as "[He He']".
    { by rewrite Qp.div_1 || iExact "He". }
    iMod (mono_nat_own_update (2 * S e + if decide (c + k = 0)%nat then 1 else 0) with "Hd") as "[Hd _]".
    { repeat case_decide; lia. }
    iMod (own_update _ _ (● (c + k)%nat ⋅ ◯ k) with "Ht") as "[Ht Hk]".
    { apply auth_update_alloc, (nat_local_update c 0 (c + k) k). lia. }
    iModIntro. iSplitR "HΦ He Hk".
    { iNext. iExists (c + k)%nat, m, 0%nat, p, (S e). iExists (n + k)%nat, p, false, ∅. iFrame.
      replace (one_task * c + 0%nat + k * one_task)%Z with (one_task * (c + k)%nat + 0%nat)%Z by lia. iFrame "Hs".
      rewrite big_sepM_empty map_size_empty. iSplit; first done. iPureIntro. repeat split; try done; lia. }
    wp_pures. iApply "HΦ". iModIntro. iSplitL "He"; first (iExists p; by iFrame).
    iClear "I". clear. iInduction k as [|k] "IH"; first done. simpl.
    rewrite -Nat.add_1_l -nat_op auth_frag_op own_op. iDestruct "Hk" as "[$ Hk]". by iApply "IH".
  Qed.

  Theorem done_spec γ g : {{{ is_group γ g ∗ task γ ∗ R }}} done g {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "(#Hg & Htask & HR') HΦ". iDestruct "Hg" as (ls lp ->) "#I". wp_lam. wp_pures. wp_bind (FAA _ _).
    iInv N as (c m w p e n p0 b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (task_counts with "Ht Htask") as %Hc. iDestruct (deposits_seats with "Hq HW") as %Hsz.
    destruct Hi as (Hn & Hw & Hp0 & Hc' & Hb). destruct (Hc' Hc) as [-> ->]. rewrite Hw in Hsz. wp_faa.
    destruct c as [|c]; first done.
    iMod (own_update_2 _ _ _ (● c) with "Ht Htask") as "Ht".
    { apply auth_update_dealloc, (nat_local_update (S c) 1 c 0). lia. }
    iMod (mono_nat_own_update (2 * e + if decide (c = 0)%nat then 1 else 0) with "Hd") as "[Hd _]".
    { repeat case_decide; lia. }
    replace (one_task * S c + w + - one_task)%Z with (one_task * c + w)%Z by lia.
    destruct (decide (c = 0 ∧ w ≠ 0)%nat) as [[-> Hw0]|Hno].
    - (* the last one, and somebody waits: move the phase on *)
      iDestruct "Hb'" as "[%|Hb']"; first done.
      iMod (ghost_var_update_halves true with "Hb Hb'") as "[Hb Hb']".
      iModIntro. iSplitR "HΦ Hb'".
      { iNext. iExists 0%nat, (S m), w, p0, e. iExists n, p0, true, W. iFrame. iSplit; first by iLeft.
        iPureIntro. repeat split; try done; lia. }
      wp_pures. rewrite /tasks. wp_pures. rewrite word_tasks //. wp_pures.
      rewrite bool_decide_false; last (intros [=]; lia). wp_pures. wp_bind (FAA _ _).
      clear m n Hn W Hw Hsz Hc Hc' Hb e p0 Hp0.
      iInv N as (c m w' p e n p0 b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He & >Hw & >HW & >Hb & >_ & >%Hi & HR)".
      iDestruct (ghost_var_agree with "Hb' Hb") as %<-. destruct Hi as (Hn & Hw & Hp0 & Hc' & Hb).
      destruct (Hb eq_refl) as [-> Hw'].
      assert (c = 0)%nat as -> by (destruct (decide (c = 0)%nat) as [|Hc]; [done|destruct (Hc' Hc); done]).
      wp_faa. iMod (mono_nat_own_update (S p0) with "Hgp") as "[Hgp _]"; first lia.
      iMod (ghost_var_update_halves false with "Hb' Hb") as "[Hb' Hb]".
      iModIntro. iSplitR "HΦ"; last (wp_pures; by iApply "HΦ").
      iNext. iExists 0%nat, m, w', (S p0), e. iExists n, p0, false, W. iFrame.
      replace (p0 + 1)%Z with (Z.of_nat (S p0)) by lia. iFrame "Hp".
      iPureIntro. repeat split; try done; lia.
    - iModIntro. iSplitR "HΦ".
      { iNext. iExists c, (S m), w, p0, e. iExists n, p0, false, W. iFrame. iPureIntro. repeat split; try done; lia. }
      wp_pures. rewrite /tasks. wp_pures. rewrite word_tasks //. wp_pures. case_bool_decide as E1; wp_pures.
      + assert (w = 0)%nat as -> by (injection E1; lia). rewrite bool_decide_true; last (do 2 f_equal; injection E1; lia).
        wp_pures. by iApply "HΦ".
      + by iApply "HΦ".
  Qed.

  Lemma wp_tasks c w : (w < one_task)%Z → {{{ True }}} tasks #(one_task * c + w) {{{ RET #c; True }}}.
  Proof. iIntros (? Φ) "_ HΦ". wp_lam. wp_pures. rewrite word_tasks //. by iApply "HΦ". Qed.

  (** a look at the count by one who has a share *)
  Lemma look γ ls lp e n p0 q :
    {{{ inv N (group_inv γ ls lp) ∗ ghost_var γ.(γe) q (e, n, p0) }}} !#ls
    {{{ c w, RET #(one_task * c + w); ⌜(w < one_task)%Z⌝ ∗ ghost_var γ.(γe) q (e, n, p0) ∗
        if decide (c = 0)%nat then finished γ e else True }}}.
  Proof.
    iIntros (Φ) "[#I He] HΦ".
    iInv N as (c m w p e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-]. iDestruct (deposits_seats with "Hq HW") as %Hsz.
    destruct Hi as (Hn & Hw & Hi). rewrite Hw in Hsz. wp_load.
    iDestruct (mono_nat_lb_own_get with "Hd") as "#Hlb". iModIntro. iSplitR "He HΦ".
    { iNext. iExists c, m, w, p, e. iExists n, p0, b, W. by iFrame. }
    iApply "HΦ". iFrame "He". iSplit; first done. case_decide; last done. iFrame "Hlb".
  Qed.

  Lemma sleep_spec γ ls lp e n p0 q :
    {{{ inv N (group_inv γ ls lp) ∗ ghost_var γ.(γe) q (e, n, p0) }}} sleep (#ls, #lp)%V #p0
    {{{ RET #(); ghost_var γ.(γe) q (e, n, p0) ∗ finished γ e ∗ mono_nat_lb_own γ.(γp) (S p0) }}}.
  Proof.
    iIntros (Φ) "[#I He] HΦ". iLöb as "IH". wp_rec. wp_pures. wp_bind (! _)%E.
    iInv N as (c m w p e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-]. wp_load.
    iDestruct (mono_nat_lb_own_get with "Hd") as "#Hlb". iDestruct (mono_nat_lb_own_get with "Hgp") as "#Hlp".
    iModIntro. iSplitR "He HΦ"; first (iNext; iExists c, m, w, p, e; iExists n, p0, b, W; by iFrame). wp_pures.
    destruct Hi as (Hn & Hw & Hp0 & Hc & _). case_bool_decide as E; wp_pures; first by iApply ("IH" with "He HΦ").
    assert (p ≠ p0) by congruence. iApply "HΦ". iFrame "He".
    rewrite decide_True; last (destruct (decide (c = 0)%nat) as [|Hne]; [done|destruct (Hc Hne); done]).
    iFrame "Hlb". iModIntro. iApply (mono_nat_lb_own_le with "Hlp"). lia.
  Qed.

  Lemma wait_registered_spec γ ls lp e n q :
    {{{ inv N (group_inv γ ls lp) ∗ share γ e n q ∗ seat γ }}} wait_registered (#ls, #lp)%V
    {{{ RET #(); share γ e n q ∗ seat γ ∗ finished γ e }}}.
  Proof.
    iIntros (Φ) "(#I & Hsh & Hseat) HΦ". iDestruct "Hsh" as (p0) "He". iLöb as "IH". wp_rec. wp_pures. wp_bind (! _)%E.
    (* the phase *)
    iInv N as (c m w p e' n' p0' b W) "(Hs & >Hp & Ht & Hq & Hd & >Hgp & >He' & Hw & HW & Hb & Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-]. wp_load.
    iDestruct (mono_nat_lb_own_get with "Hgp") as "#Hlp". pose proof Hi as (_ & _ & Hp0 & _).
    iModIntro. iSplitR "He Hseat HΦ"; first (iNext; iExists c, m, w, p, e; iExists n, p0, b, W; by iFrame).
    clear c m w b W Hi. wp_pures.
    wp_apply (look with "[$I $He]"). iIntros (c w) "(%Hsz & He & Hfin)". wp_pures.
    wp_apply wp_tasks; [done..|]. iIntros "_". wp_pures. case_bool_decide as E; wp_pures.
    { rewrite decide_True; last (injection E; lia). iApply "HΦ". iFrame. iExists p0. by iFrame. }
    iClear "Hfin". wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
    { by iApply ("IH" with "He Hseat HΦ"). }
    wp_bind (CmpXchg _ _ _).
    iInv N as (c' m w' p' e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-].
    iDestruct (deposits_seats with "Hq HW") as %Hsz'. destruct Hi as (Hn & Hw & Hp0' & Hc & Hb). rewrite Hw in Hsz'.
    destruct (decide (c' = c ∧ w' = w)) as [[-> ->]|Hne]; last first.
    { wp_cmpxchg_fail; first (intros [= ?%word_inj]; naive_solver). iModIntro.
      iSplitR "He Hseat HΦ"; first (iNext; iExists c', m, w', p', e; iExists n, p0, b, W; by iFrame). wp_pures.
      by iApply ("IH" with "He Hseat HΦ"). }
    assert (c ≠ 0)%nat as Hc0 by (intros ->; by apply E). destruct (Hc Hc0) as [-> ->].
    iDestruct (mono_nat_lb_own_valid with "Hgp Hlp") as %[_ Hle]. assert (p = p0) as -> by lia.
    wp_cmpxchg_suc.
    iDestruct "He" as "[He1 He2]".
    iMod (ghost_map_insert (fresh (dom W)) q with "Hw") as "[Hw Hid]".
    { apply not_elem_of_dom, is_fresh. }
    assert (W !! fresh (dom W) = None) as Hfresh by apply not_elem_of_dom, is_fresh.
    set (id := fresh (dom W)) in *. clearbody id.
    replace (q / 2 / 2)%Qp with (q / 4)%Qp by (rewrite Qp.div_div; f_equal; apply (bool_decide_unpack _); by compute).
    iAssert ([∗ map] q ∈ <[id:=q]> W, ghost_var γ.(γe) (q/4) (e, n, p0) ∗ seat γ)%I with "[HW He2 Hseat]" as "HW".
    { rewrite big_sepM_insert //. iFrame. }
    iModIntro. iSplitR "He1 Hid HΦ".
    { iNext. iExists c, m, (S w), p0, e. iExists n, p0, false, (<[id:=q]> W). iFrame.
      replace (one_task * c + w + 1)%Z with (one_task * c + S w)%Z by lia. iFrame "Hs".
      iPureIntro. rewrite map_size_insert_None // Hw. repeat split; try done; lia. }
    wp_pures. wp_apply (sleep_spec with "[$I $He1]"). iIntros "(He1 & #Hfin & #Hmoved)". wp_pures. wp_bind (FAA _ _).
    clear c m w W Hw Hfresh Hn Hc Hb Hc0 E Hsz Hsz' Hp0' Hle.
    iInv N as (c m w p e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He1 He'") as %[= <- <- <-].
    iDestruct (ghost_map_lookup with "Hw Hid") as %Hid. destruct Hi as (Hn & Hw & Hp0' & Hc & Hb).
    iDestruct (mono_nat_lb_own_valid with "Hgp Hmoved") as %[_ Hle].
    iDestruct (mono_nat_lb_own_valid with "Hd Hfin") as %[_ Hle'].
    assert (b = false) as -> by (destruct b; [destruct (Hb eq_refl); lia|done]).
    assert (c = 0)%nat as -> by (case_decide; lia).
    iMod (ghost_map_delete with "Hw Hid") as "Hw".
    iDestruct (big_sepM_delete with "HW") as "[[He2 Hseat] HW]"; first done.
    assert (size W ≠ 0) as Hne by (intros E%map_size_empty_inv; by rewrite E in Hid).
    wp_faa. iModIntro. iSplitR "He1 He2 Hseat HΦ".
    { iNext. iExists 0%nat, m, (pred w), p, e. iExists n, p0, false, (delete id W). iFrame.
      replace (one_task * 0%nat + w + -1)%Z with (one_task * 0%nat + pred w)%Z by lia. iFrame "Hs".
      iPureIntro. rewrite map_size_delete_Some // Hw. repeat split; try done; lia. }
    wp_pures. iApply "HΦ". iModIntro. iFrame "Hseat Hfin". iExists p0.
    iCombine "He1 He2" as "He". replace (q / 4 + q / 4)%Qp with (q / 2)%Qp; first done.
    replace (q / 4)%Qp with (q / 2 / 2)%Qp; first by rewrite Qp.div_2.
    rewrite Qp.div_div. f_equal. apply (bool_decide_unpack _). by compute.
  Qed.

  Theorem wait_spec γ g e n q :
    {{{ is_group γ g ∗ share γ e n q ∗ seat γ }}} wait g
    {{{ RET #(); share γ e n q ∗ seat γ ∗ finished γ e }}}.
  Proof.
    iIntros (Φ) "(#Hg & Hsh & Hseat) HΦ". iDestruct "Hg" as (ls lp ->) "#I". iDestruct "Hsh" as (p0) "He". wp_lam. wp_pures.
    wp_apply (look with "[$I $He]"). iIntros (c w) "(%Hsz & He & Hfin)".
    wp_apply wp_tasks; [done..|]. iIntros "_". wp_pures. case_bool_decide as E; wp_pures.
    { rewrite decide_True; last (injection E; lia). iApply "HΦ". iFrame. iExists p0. by iFrame. }
    iApply (wait_registered_spec with "[$I Hseat He]"); first (iFrame; iExists p0; by iFrame). done.
  Qed.

  (** what the tasks did is whose who is alone with the group after its end; and the group may be used again *)
  Theorem collect γ g e n :
    is_group γ g -∗ share γ e n 1 -∗ finished γ e ={⊤}=∗ share γ e 0 1 ∗ ▷ [∗] replicate n R.
  Proof.
    iIntros "#Hg Hsh #Hfin". iDestruct "Hg" as (ls lp ->) "#I". iDestruct "Hsh" as (p0) "He".
    iInv N as (c m w p e' n' p0' b W) "(>Hs & >Hp & >Ht & >Hq & >Hd & >Hgp & >He' & >Hw & >HW & >Hb & >Hb' & >%Hi & HR)".
    iDestruct (ghost_var_agree with "He He'") as %[= <- <- <-].
    iDestruct (mono_nat_lb_own_valid with "Hd Hfin") as %[_ Hle].
    assert (c = 0)%nat as -> by (case_decide; lia). destruct Hi as (Hn & Hw & Hi). simpl in Hn. subst m.
    destruct (decide (W = ∅)) as [->|HW]; last first.
    { destruct (map_choose W HW) as (i & q & Hq).
      iDestruct (big_sepM_lookup with "HW") as "[Hx _]"; first done.
      iCombine "He He'" as "Hall". iDestruct (ghost_var_valid_2 with "Hall Hx") as %[Hv _].
      exfalso. rewrite ?Qp.div_2 in Hv. by apply (Qp.not_add_le_l 1 (q/4)). }
    iMod (ghost_var_update_halves (e, 0, p0)%nat with "He He'") as "[He He']".
    iModIntro. iSplitR "He HR"; last (iModIntro; iFrame "HR"; iExists p0; by iFrame).
    iNext. iExists 0%nat, 0%nat, w, p, e. iExists 0%nat, p0, b, ∅. rewrite !big_sepM_empty. iFrame.
    iSplit; last done. iPureIntro. naive_solver.
  Qed.
End group.
